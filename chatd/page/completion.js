// What a word before the cursor may become: models and people after @, commands after /, rooms after /join.

const WORD = /(^|[\s,(])([@/]?[^\s,(]*)$/u;
const MAX_SHOWN = 8;

/** `{from, to, choices: [{text, label, about}]}` for the text up to `cursor`, or null when nothing fits. */
export function complete(text, cursor, { models = [], people = [], commands = [], rooms = [] }) {
  const before = text.slice(0, cursor);
  const join = /^\/(?:join|go)\s+(\S*)$/.exec(before);
  if (join !== null) return choose(join[1], cursor, rooms.map((name) => ({ name, about: "room" })), (name) => name);
  const m = WORD.exec(before);
  if (m === null) return null;
  const word = m[2];
  if (word.startsWith("@")) {
    const known = [
      ...models.map((name) => ({ name, about: "model" })),
      ...people.filter((name) => !models.includes(name)).map((name) => ({ name, about: "here" })),
    ];
    return choose(word.slice(1), cursor, known, (name) => `@${name} `, 1);
  }
  if (word.startsWith("/") && before === word) {
    return choose(word.slice(1), cursor, commands, (name) => `/${name} `, 1);
  }
  return null;
}

function choose(begun, cursor, known, made, sign = 0) {
  const wanted = begun.toLowerCase();
  const fits = (name) => name.toLowerCase().startsWith(wanted);
  const inside = (name) => !fits(name) && wanted.length > 1 && name.toLowerCase().includes(wanted);
  const found = [...known.filter(({ name }) => fits(name)), ...known.filter(({ name }) => inside(name))];
  if (found.length === 0 || (found.length === 1 && found[0].name === begun)) return null;
  const choices = found.slice(0, MAX_SHOWN).map(({ name, about }) => ({ text: made(name), label: made(name).trim(), about }));
  return { from: cursor - begun.length - sign, to: cursor, choices };
}
