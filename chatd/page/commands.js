// What may be typed after a slash. Pure: who calls it does what is wanted.

export const COMMANDS = [
  { name: "join", about: "go to another room: /join ROOM" },
  { name: "create", about: "make a room and go there: /create ROOM" },
  { name: "topic", about: "what the room is about: /topic TEXT sets it, /topic - takes it away" },
  { name: "room", about: "what is set of the room: /room shows it, /room NAME VALUE sets it" },
  { name: "rooms", about: "the list of rooms" },
  { name: "who", about: "who is here" },
  { name: "search", about: "find in what was said: /search WORDS" },
  { name: "models", about: "who can be asked" },
  { name: "cancel", about: "stop your newest running answer" },
  { name: "retry", about: "put your newest question again" },
  { name: "me", about: "say what you do: /me waves" },
  { name: "nick", about: "another name, for guests: /nick NAME" },
  { name: "theme", about: "light, dark or system" },
  { name: "help", about: "keys and commands" },
  { name: "logout", about: "log this browser out" },
];

/** What a typed text is: `{say: text}`, `{run: name, rest}`, or `{problem: words}`. */
export function readLine(text) {
  const line = text.trim();
  if (line.startsWith("//")) return { say: line.slice(1) };
  const m = /^\/([a-z]+)(?:\s+([\s\S]*))?$/i.exec(line);
  if (m === null) return { say: line };
  const name = m[1].toLowerCase();
  if (name === "me") return m[2] ? { say: `/me ${m[2]}` } : { problem: "say what you do: /me waves" };
  if (!COMMANDS.some((one) => one.name === name)) {
    return { problem: `there is no command /${name} here; //TEXT says /TEXT` };
  }
  return { run: name, rest: (m[2] ?? "").trim() };
}
