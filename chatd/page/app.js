// The page for somebody who is in: what belongs together is told of each other here.

import { Answers } from "./answers.js";
import { get, Offline, post, Problem } from "./api.js";
import { COMMANDS, readLine } from "./commands.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { $, notice } from "./dom.js";
import { Kept } from "./drafts.js";
import { bindFrame, closeSide, showFrame } from "./frame.js";
import { logOut, showLogin, takeName } from "./login.js";
import { News } from "./news.js";
import { Outbox } from "./outbox.js";
import { pendingView } from "./pending.js";
import { People } from "./people.js";
import { askAgain, splitQuestion } from "./question.js";
import { OpenRoom } from "./room.js";
import { RoomSettings } from "./room_settings.js";
import { RoomView } from "./room_view.js";
import { Rooms } from "./rooms.js";
import { Search } from "./search.js";
import { Slot } from "./slots.js";
import { switchTheme } from "./theme.js";

const LOBBY = "lobby";

export class App {
  /** `me`: what the server says of this browser. */
  constructor(me) {
    this._me = me;
    this._name = me.name ?? "guest";
    this._mayWrite = !me.read_only;
    this._mayLogOut = me.login !== null && me.login !== "guest";
    this._models = [];
    this._room = null;
    this._connection = new Connection(() => this._outbox.flush());
    this._follows = false;
    this._kept = new Kept(localStorage, me.name ?? "");
    this._outbox = new Outbox(this._kept, { arrived: (room, row) => this._arrived(room, row), changed: () => this._drawPending() });
    const acts = { me: this._name, mayWrite: () => this._mayWrite, retry: (row) => this._retry(row), show: (row) => this._show({ ...row, room: this._room.name }) };
    this._view = new RoomView(acts, { wantOlder: () => this._room?.older(), seen: () => this._room?.read() });
    this._rooms = new Rooms((name) => this.open(name));
    this._people = new People((name) => this._composer.mention(name));
    this._answers = new Answers({ cancel: (id) => this._cancel(id), me: this._name });
    this._search = new Search({ show: (row) => this._show(row), room: () => this._room?.name ?? null });
    this._settings = new RoomSettings({
      mayChange: this._mayWrite && me.kind === "member", models: () => this._models.map((model) => model.name),
      told: (room) => room.name === this._room?.name && ($("topic").textContent = room.topic),
    });
    this._composer = new Composer({
      kept: this._kept, send: (room, text) => this._line(room, text), escape: () => this._escape(),
      known: () => ({ models: this._models.map((model) => model.name), people: this._people.names, commands: COMMANDS, rooms: this._rooms.names }),
    });
  }

  async start() {
    this._frame();
    this._write(roomInAddress()); // before anything has come: who types at once loses nothing
    await this._try(() => this._load());
    this._news = new News({
      told: (event) => this._heard(event), state: (state) => this._connection.note("news", state),
      refused: (problem) => this._refused(problem),
    });
    this._slot = new Slot((has) => this._follow(has));
    addEventListener("popstate", () => this.open(roomInAddress(), { keep: true }));
    addEventListener("online", () => this._hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && this._room?.read());
    this.open(roomInAddress(), { keep: true });
    this._outbox.flush();
  }

  /** Go to a room. `keep`: the address bar has it already. */
  async open(name, { keep = false } = {}) {
    if (this._room?.name === name) return this._composer.focus();
    this._room?.close();
    this._rooms.current = name;
    this._answers.show([]);
    const room = (this._room = new OpenRoom(name, {
      view: this._view, me: this._name, marks: this._me.login !== null, unread: this._rooms.get(name)?.unread ?? 0,
      told: {
        answers: (list) => this._answers.show(list), state: (state) => this._connection.note("room", state),
        people: (found) => this._about(found), row: (row) => this._outbox.met(row), gone: (problem) => this._gone(problem),
        read: (read) => this._heard({ event: "read", room: read }, true),
      },
    }));
    this._connection.forget("room");
    room.follow(this._follows);
    if (!keep) history.pushState(null, "", name === LOBBY ? "/" : `/#${encodeURIComponent(name)}`);
    $("room-name").textContent = name;
    $("topic").textContent = "";
    $("rows").replaceChildren();
    closeSide();
    this._write(name);
    this._rooms.draw();
    this._title();
    this._drawPending();
    await room.open();
  }

  /** On a screen that is touched the keyboard comes when it is wanted. */
  _write(room) {
    this._composer.enter(room);
    if (matchMedia("(hover: hover)").matches) this._composer.focus();
  }

  /** The names and buttons that stay as they are. */
  _frame() {
    showFrame(this._me, { mayWrite: this._mayWrite, mayLogOut: this._mayLogOut });
    const wide = matchMedia("(min-width: 1280px)");
    this._people.toggle(wide.matches);
    wide.addEventListener("change", () => this._people.toggle(wide.matches));
    bindFrame({
      room: () => this._run("room", ""), search: () => this._search.open(), people: () => this._people.toggle(), end: () => this._view.toEnd(),
      up: () => this.open(this._rooms.next(-1)), down: () => this.open(this._rooms.next(1)),
      news: () => this.open(this._rooms.next(1, true) ?? this._room.name), leave: () => this._leave(),
    });
  }

  async _load() {
    const [rooms] = await Promise.all([get("/api/v1/rooms"), this._findModels()]);
    const own = this._me.kind === "member" ? `~${this._name}` : null; // it is made when it is first opened
    const made = own === null || rooms.rooms.some((room) => room.name === own);
    this._rooms.all(made ? rooms.rooms : [...rooms.rooms, { name: own, topic: "", unread: 0 }]);
  }

  /** Models come and go with their servers: who wants to know is told of the moment. */
  async _findModels() {
    this._models = (await get("/api/v1/models")).models;
    this._people.models(this._models);
  }

  _follow(has) {
    this._follows = has;
    this._room?.follow(has);
  }

  // --- what is typed

  /** Returns whether the text was taken. What is said can be so before the room has come. */
  _line(room, text) {
    const line = readLine(text);
    if (line.run !== undefined && this._room === null) return false;
    if (line.problem !== undefined) notice(line.problem, true);
    else if (line.run !== undefined) this._run(line.run, line.rest);
    else if (!this._outbox.send(room, line.say)) notice("Too many messages wait to be sent.", true);
    else {
      this._view.toEnd();
      return true;
    }
    return line.run !== undefined;
  }

  _run(name, rest) {
    const last = this._room.fold.rows.findLast((row) => row.content_method === "message.user" && row.author === this._name && splitQuestion(row.content) !== null);
    const own = this._answers.own;
    const does = {
      join: () => (rest === "" ? notice("which one? /join ROOM", true) : this.open(rest.toLowerCase().replace(/^#/, ""))),
      create: () => (rest === "" ? notice("how is it to be called? /create ROOM", true) : this._try(() => this._create(rest))),
      topic: () => (rest === "" ? notice($("topic").textContent || "no topic is set; /topic TEXT sets one") : this._try(() => this._settings.set(this._room.name, { topic: rest }))),
      room: () => this._try(() => this._settings.run(this._room.name, rest)),
      rooms: () => $("side-button").click(),
      who: () => this._people.toggle(true),
      models: () => this._people.toggle(true),
      search: () => this._search.open(rest),
      cancel: () => (own === undefined ? notice("you have no answer running here", true) : this._cancel(own.mention_id)),
      retry: () => (last === undefined ? notice("you have asked nothing here", true) : this._outbox.send(this._room.name, last.content)),
      theme: () => notice(`theme: ${switchTheme(rest === "" ? null : rest)}`),
      help: () => $("help").showModal(),
      logout: () => this._leave(),
      nick: () => this._try(() => takeName(this._me, rest)),
    };
    does[name]();
  }

  /** Do something that the server may refuse. */
  _try(act) {
    return act().catch((error) => this._tell(error));
  }

  async _create(name) {
    const made = await post("/api/v1/rooms", { name });
    this._rooms.take({ event: "news", room: made.name, unread: 0 });
    await this.open(made.name);
  }

  _escape() {
    const own = this._answers.own;
    if (own !== undefined) this._cancel(own.mention_id);
  }

  async _cancel(mention) {
    try {
      await post(`/api/v1/mentions/${encodeURIComponent(mention)}/cancel`);
    } catch (error) {
      if (!(error instanceof Problem && error.status === 409)) this._tell(error);
    }
  }

  _retry(row) {
    const question = this._room.fold.get(row.parent_id);
    if (question === undefined) notice("the question is further up; scroll to it first", true);
    else if (this._outbox.send(this._room.name, askAgain(row.author, question.content))) this._view.toEnd();
  }

  async _show(row) {
    if (row.room !== this._room.name) await this.open(row.room);
    if (!(await this._room.show(row))) notice("That is too far back to be shown here; ssh has /search and export.", true);
  }

  // --- what is told

  _heard(event, own = false) {
    if (own) this._news.read(event.room);
    this._rooms.take(event);
    if (event.event === "news" && event.room === this._room?.name) this._room.peek();
    this._title();
  }

  _arrived(room, row) {
    if (room === this._room?.name) this._room.put(row);
  }

  _about(room) {
    this._try(() => this._findModels());
    $("topic").textContent = room.topic;
    this._people.room(room.people);
  }

  _hurry() {
    this._news.hurry();
    this._room?.hurry();
    this._outbox.flush();
  }

  _drawPending() {
    const acts = {
      again: ({ id }) => this._outbox.again(id), drop: ({ id }) => this._outbox.drop(id),
      edit: ({ id, text }) => {
        this._outbox.drop(id);
        this._composer.bring(text);
      },
    };
    const { refused, offline } = this._outbox;
    this._view.pending(this._outbox.of(this._room?.name).map((message) => pendingView(message, { me: this._name, refused: refused.get(message.id), offline, acts })));
  }

  _gone(problem) {
    if (problem.status === 401) return this._refused(problem);
    notice(problem.message, true);
    if (this._room.name !== LOBBY) this.open(LOBBY);
    return undefined;
  }

  _refused(problem) {
    this._stop();
    showLogin(problem.status === 401 ? "This browser is no longer logged in." : problem.message);
  }

  async _leave() {
    if (!this._mayLogOut) return showLogin();
    try {
      await logOut();
    } catch (error) {
      return this._tell(error);
    }
    this._composer.clear();
    this._kept.forget();
    this._stop();
    return location.replace("/");
  }

  _stop() {
    this._news?.close();
    this._room?.close();
  }

  _title() {
    const unread = this._rooms.unread;
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${this._room?.name ?? ""} — ${this._me.server ?? "chatd"}`;
    $("side-badge").textContent = unread > 0 ? "•" : "";
  }

  _tell(error) {
    if (error instanceof Offline) notice("The server cannot be reached.", true);
    else if (error instanceof Problem) notice(error.message, true);
    else throw error;
  }
}

/** The room that the address names, else the one everybody starts in. */
function roomInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1)) || LOBBY;
  } catch {
    return LOBBY;
  }
}
