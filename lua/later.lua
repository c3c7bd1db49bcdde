-- Owns files that wait until they are needed: `later "search"` stands for what that file returns, and runs it when
-- something of it is asked for the first time. Most of those who come in look on; what only keys and commands take
-- costs them nothing.
return function(name)
  return setmetatable({}, { __index = function(_, key) return require(name)[key] end })
end
