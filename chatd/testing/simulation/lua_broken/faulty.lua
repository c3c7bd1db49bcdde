-- A file that somebody saved in the middle of a line.
local found, registry = pcall(require, "commands.registry"
