"""The protocols of models' servers, both ways: any split of the bytes gives the same events, every size is bounded."""
