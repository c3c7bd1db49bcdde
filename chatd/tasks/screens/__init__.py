"""What stands on people's screens: how things look, views of rooms, and who brings what is new to all of them."""
