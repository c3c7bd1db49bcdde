// Making a room, and setting what one is about. What the server refuses is raised, see api.js.

import { patch, post, roomPath } from "./api.js";

/** Make a room that does not exist yet; returns its name as the server has it. */
export async function makeRoom(name) {
  return (await post("/api/v1/rooms", { name })).name;
}

/** Set what a room is about, `-` for nothing; returns what it is about then. */
export async function setTopic(room, topic) {
  return (await patch(roomPath(room), { topic })).topic;
}
