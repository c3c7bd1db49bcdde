"""What must be shown, to whom, with which status: a model of the server that is not the server.

It knows what people did and what is on disk, reads both in its own words, and judges what was shown by them.
"""
