"""Commands over ssh: `ssh host COMMAND …`. One file for each family; `dispatch` runs the one that was asked for."""
