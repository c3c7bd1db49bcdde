"""What the models and tools that come with chatd know: the doctor, arithmetic, dice. Pure, as `core` is."""
