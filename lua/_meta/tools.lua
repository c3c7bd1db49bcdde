---@meta
-- What scripts can call, for lua-language-server. Made by `make meta` from chatd/tasks/scripts/api*.py; never run.

---A person's session.
---@class chatd.Session
---@field name string
---@field kind "member"|"guest"|"server"
---@field mode "screen"|"line"|"server"
---@field fingerprint string? of the person's key
---@field width integer
---@field height integer
---@field server string its name
---@field version string
---@field motd string
---@field notice string what the person must be told at the beginning
---@field max_message integer bytes
---@field web boolean whether the server is to be had over the web, too
---@field reloaded boolean whether the session lived before this runtime did

---The room a session is in.
---@class chatd.Room
---@field id string
---@field name string
---@field topic string
---@field buffer_id string
---@field private boolean
---@field members {name: string, kind: string}[]? who is there: by `tools.room`, not in `on_room`
---@field settings table<string, string>? what is set of it: by `tools.room`, not in `on_room`
---@field rows integer how many there have been
---@field unread integer in `on_room`, on entering: rows of others since the last one the person has seen
---@field seen integer? in `on_room`, on entering: the `seq` before the first unread row
---@field entered boolean in `on_room`: whether one comes into it now

---What can be set of a room.
---@class chatd.RoomSetting
---@field name string
---@field value string what holds, empty when nothing is set
---@field takes string what it takes, in words
---@field help string

---A room in a list.
---@class chatd.RoomSummary
---@field name string
---@field topic string
---@field private boolean
---@field members integer
---@field models integer
---@field rows integer
---@field unread integer

---A row, with the first 4 KiB of its text.
---@class chatd.Row
---@field id string
---@field buffer_id string
---@field seq integer
---@field parent_id string?
---@field mention_id string?
---@field content_method string message.user, message.model, message.model.chunk while it grows, …
---@field author string
---@field tool_name string?
---@field content string
---@field length integer bytes of the whole text
---@field status "open"|"complete"|"length"|"cancelled"|"truncated"|"failed"|"interrupted"
---@field created_at integer milliseconds since 1970
---@field finished_at integer?
---@field meta table<string, any>? what is known of an answer; `thought` is the size of its thoughts
---@field snippet string? where a search found it

---Somebody who is here, or a model.
---@class chatd.Person
---@field name string
---@field kind "member"|"guest"|"model"
---@field rooms string[]
---@field since integer milliseconds since 1970
---@field away string? why they may not read along

---Somebody who can be asked.
---@class chatd.Model
---@field name string
---@field provider string
---@field model string
---@field endpoint string
---@field available boolean
---@field capabilities string[]
---@field context_tokens integer?
---@field queue integer how many questions wait

---An answer that is being written.
---@class chatd.Stream
---@field mention_id string
---@field row_id string
---@field model string
---@field asker string
---@field mine boolean whether this session asked
---@field room string
---@field started_ms integer
---@field stage string
---@field position integer? in the queue
---@field retry string?
---@field tool string? what runs for it
---@field first_token_ms integer?
---@field tokens integer
---@field tokens_per_s number

---What an action answers: it has been checked, and its effect follows after the callback.
---@class chatd.Result
---@field success boolean
---@field error string? why not
---@field row_id string?
---@field id string? of the first answer
---@field ids string[]? of all answers
---@field candidates string[]? who could have been asked
---@field cancelled string?
---@field model string?
---@field room string?
---@field name string?
---@field topic string?
---@field away string?
---@field result string? a tool's output
---@field url string? of `web_link`
---@field value string? of `set_room`: what is kept

---What a typed line asks.
---@class chatd.Asked
---@field names string[]
---@field message string

---What is said to a model.
---@class chatd.Message
---@field role "system"|"user"|"assistant"|"tool"
---@field content string
---@field name string? who said it, or the tool
---@field tool_calls {id: string, name: string, arguments: string}[]? of an assistant's message
---@field tool_call_id string? of a tool's: the call that it answers

---For whom a tool, an actor or `on_prompt` runs.
---@class chatd.Call
---@field say fun(text: string)? of a tool or an actor: says a piece of the output, before the end
---@field asker string
---@field room string?
---@field model string? in `on_prompt`: who is asked
---@field mention_id string?
---@field continues string? the answer so far

---@class chatd.Tools
tools = {}

---Who the person is, how they read, and what server this is.
---Works everywhere.
---@return chatd.Session
function tools.session() end

---The room the session is in.
---Works in sessions.
---@return chatd.Room
function tools.room() end

---The rooms the person may enter, the lobby first.
---Works everywhere.
---@return chatd.RoomSummary[]
function tools.rooms() end

---Who is here, or in one room; then the models.
---Works everywhere.
---@param room? string
---@return chatd.Person[]
function tools.who(room) end

---Whether a name is registered, of somebody who is not here too.
---Works everywhere.
---@param name string
---@return boolean
function tools.is_member(name) end

---Who can be asked.
---Works everywhere.
---@return chatd.Model[]
function tools.models() end

---The model a typed name means, by a short form too; nil when it is none, or more than one.
---Works everywhere.
---@param name string
---@return chatd.Model?
function tools.model(name) end

---Looks anew which models there are; two seconds at most.
---Works everywhere.
---@async
function tools.look_for_models() end

---The answers that are being written in the present room.
---Works in sessions.
---@return chatd.Stream[]
function tools.streams() end

---What the server is doing: the fields of `ssh HOST stats --json`.
---Works everywhere.
---@return table<string, number>
function tools.stats() end

---The time, in milliseconds since 1970.
---Works everywhere.
---@return integer
function tools.now() end

---The newest rows of the room, oldest first; with `before`, those whose seq is below it. Waits where they must be read from the disk.
---Works in sessions.
---@async
---@param wanted integer|{limit: integer?, before: integer?}
---@return chatd.Row[]
function tools.history(wanted) end

---Up to 20 rows of the room that have all the words, newest first, each with a `snippet`; `"a phrase"`, `from:NAME`. With `before`, the id of a row, those that are older.
---Works in sessions.
---@async
---@param text string
---@param before? string
---@return chatd.Row[]|chatd.Result
function tools.search(text, before) end

---How many lines a row takes at this width; with `first`, the lines from there to `last`, counted from 1. Long rows are laid out over several frames: until then the number is negative, and one more than the lines there are.
---Works in sessions.
---@param row_id string
---@param width integer
---@param first? integer
---@param last? integer
---@return integer|string[]
function tools.lines(row_id, width, first, last) end

---As `lines`, with the row read as Markdown: each line is a list of text and class in turns, ready for a theme and `put`.
---Works in sessions.
---@param row_id string
---@param width integer
---@param first? integer
---@param last? integer
---@return integer|string[][]
function tools.markdown(row_id, width, first, last) end

---As `lines`, folded at the last column as terminals do, not between words: each line is a list of its text and whether it flows into the next, ready for `put` or `flow`.
---Works in sessions.
---@param row_id string
---@param width integer
---@param first? integer
---@param last? integer
---@return integer|any[][]
function tools.folded(row_id, width, first, last) end

---As `folded`, of the row's fenced code blocks alone, each as it was written, a blank line between two.
---Works in sessions.
---@param row_id string
---@param width integer
---@param first? integer
---@param last? integer
---@return integer|any[][]
function tools.code(row_id, width, first, last) end

---A row's text, or its characters from `first` to `last`.
---Works in sessions.
---@param row_id string
---@param first? integer
---@param last? integer
---@return string
function tools.text(row_id, first, last) end

---As `lines`, of what a model thought before it wrote the row.
---Works in sessions.
---@param row_id string
---@param width integer
---@param first? integer
---@param last? integer
---@return integer|string[]
function tools.thoughts(row_id, width, first, last) end

---The lines of a text, broken between words; up to 16,384 characters. The first line is `first` columns wide, when that is more.
---Works everywhere.
---@param text string
---@param width integer
---@param first? integer
---@return string[]
function tools.wrap(text, width, first) end

---The lines of any text in Markdown, as `markdown` gives those of a row; up to 16,384 characters.
---Works everywhere.
---@param text string
---@param width integer
---@return string[][]
function tools.layout(text, width) end

---Whom a typed line asks, by the names it has, and what; nil when it asks nobody: `@model text`, `@a,b text`.
---Works everywhere.
---@param line string
---@return chatd.Asked?
function tools.asked(line) end

---How many columns a text takes.
---Works everywhere.
---@param text string
---@return integer
function tools.display_width(text) end

---What a reader would call the characters of a text.
---Works everywhere.
---@param text string
---@return string[]
function tools.graphemes(text) end

---The beginning of a text that fits.
---Works everywhere.
---@param text string
---@param width integer
---@return string
function tools.clip(text, width) end

---Says something in the room; `row_id` names the row to be.
---Works in sessions.
---@param text string
---@return chatd.Result
function tools.say(text) end

---Writes a row of the person's, of any method that is not the server's own.
---Works in sessions.
---@param row {content: string, content_method: string?, parent_id: string?}
---@return chatd.Result
function tools.add_row(row) end

---Asks models (`a` or `a,b`); returns at once with `id`, `ids` and `row_id`. `typed` is the asker's row; without it a row added before in the same callback is the question, else one is made. `fresh`: an answer that was given before to the same question will not do.
---Works in sessions.
---@param models string
---@param message string
---@param typed? string
---@param fresh? boolean
---@return chatd.Result
function tools.mention(models, message, typed, fresh) end

---Stops an answer; without an id the person's newest, this session's first.
---Works in sessions.
---@param mention_id? string
---@return chatd.Result
function tools.cancel(mention_id) end

---Asks the person's newest answered question again, of another model perhaps.
---Works in sessions.
---@param model? string
---@return chatd.Result
function tools.retry(model) end

---Has the person's newest answer that broke off carried on.
---Works in sessions.
---@param model? string
---@return chatd.Result
function tools.carry_on(model) end

---Runs a tool as models do, for this person; `result` is its output.
---Works everywhere.
---@async
---@param tool string
---@param arguments? table
---@return chatd.Result
function tools.call(tool, arguments) end

---Goes to a room, making it if need be; `on_room` follows.
---Works in sessions.
---@param room string
---@return chatd.Result
function tools.join(room) end

---As `join`, for a room that does not exist yet.
---Works in sessions.
---@param room string
---@return chatd.Result
function tools.create(room) end

---Back to the lobby.
---Works in sessions.
---@return chatd.Result
function tools.leave() end

---Says what the room is about, in up to 300 bytes; an empty text takes the topic away. Not for guests.
---Works in sessions.
---@param text string
---@return chatd.Result
function tools.topic(text) end

---What can be set of the room, with what holds: the topic, the default model and more.
---Works in sessions.
---@return chatd.RoomSetting[]
function tools.room_settings() end

---Sets something of the room, see `room_settings`; `-` takes it away. Not for guests.
---Works in sessions.
---@param name string
---@param value string
---@return chatd.Result
function tools.set_room(name, value) end

---Tells one person something, in all of their sessions; it is kept nowhere. `away` says why they may not read it.
---Works in sessions.
---@param name string
---@param text string
---@return chatd.Result
function tools.msg(name, text) end

---Shows in `who` that the person is away, until they speak; nil: they are back.
---Works in sessions.
---@param text? string
---@return chatd.Result
function tools.away(text) end

---Goes on under another name of the person's key; a free one is registered for it. The script begins anew.
---Works in sessions.
---@param name string
---@return chatd.Result
function tools.nick(name) end

---A link that logs the person's browser in, once, within 10 minutes: `url`. Not for guests.
---Works in sessions.
---@return chatd.Result
function tools.web_link() end

---Ends the session.
---Works in sessions.
---@return chatd.Result
function tools.quit() end

---Asks for a frame; `on_frame` follows. `"screen"` sends every cell again; `"chat"` has all rows drawn anew, when what a hook depends on has changed.
---Works in sessions; does nothing in the server's runtime.
---@param region? string
function tools.mark_dirty(region) end

---Writes a line, text and style in turns: of the frame, in `on_frame`; of the thing that is drawn, in `on_draw`.
---Works in sessions; does nothing in the server's runtime.
---@param y integer
---@param ... string
function tools.put(y, ...) end

---As `put`, of a full line that goes on in the next one: a terminal selects both as one line.
---Works in sessions; does nothing in the server's runtime.
---@param y integer
---@param ... string
function tools.flow(y, ...) end

---Places the cursor, in `on_frame`.
---Works in sessions; does nothing in the server's runtime.
---@param x integer
---@param y integer
function tools.cursor(x, y) end

---How often what others write is shown, and ticks come, at most: 33 to 2000 milliseconds; nil: as fast as is sensible.
---Works in sessions; does nothing in the server's runtime.
---@param ms? integer
---@return chatd.Result
function tools.pace(ms) end

---Tells the person something in up to 4,096 characters: `on_notice` on a screen, a line in line mode.
---Works in sessions; does nothing in the server's runtime.
---@param text string
function tools.notify(text) end

---Rings the terminal's bell.
---Works in sessions; does nothing in the server's runtime.
function tools.bell() end

---A line in the server's log: up to 1,000 characters, and 100 lines in ten seconds.
---Works everywhere.
---@param level "debug"|"info"|"warn"|"error"
---@param text string
function tools.log(level, text) end

---In `on_frame`: the host shows the room on so many lines from `y` on, and keeps them up to date without a frame. Lines that are `put` stand over it.
---Works in sessions; does nothing in the server's runtime.
---@param y integer
---@param rows integer
function tools.view(y, rows) end

---In `on_frame`: the host shows the status line there, with these words in it while no answer runs.
---Works in sessions; does nothing in the server's runtime.
---@param y integer
---@param words? string
function tools.status(y, words) end

---How all that looks from now on: what `on_look` is told before things are drawn for this person. With `own` rows are drawn in this runtime, else in one of nobody's, once for all who look alike.
---Works in sessions; does nothing in the server's runtime.
---@param look table<string, any>
---@param own? boolean
function tools.look(look, own) end

---In `on_draw`: how many lines the thing has; -1: it is not to be seen. `day` is the number of its day; where it is another than that of the row before, the host asks for what stands `between` them.
---Works in sessions; does nothing in the server's runtime.
---@param lines integer
---@param day? integer
function tools.height(lines, day) end

---In `on_draw` of `places`: the lines of the row where what is searched for stands.
---Works in sessions; does nothing in the server's runtime.
---@param ... integer
function tools.found(...) end

---A line in the view for this person alone.
---Works in sessions; does nothing in the server's runtime.
---@param text string
---@param level? string
function tools.note(text, level) end

---Scrolls the view, up when negative.
---Works in sessions; does nothing in the server's runtime.
---@param lines integer
function tools.scroll(lines) end

---Back to the newest row, and on with it.
---Works in sessions; does nothing in the server's runtime.
function tools.follow() end

---Whether the newest row is shown.
---Works in sessions; does nothing in the server's runtime.
---@return boolean
function tools.following() end

---Takes everything off the view; scrolling up brings it back.
---Works in sessions; does nothing in the server's runtime.
function tools.clear() end

---Brings a row on the view, the `place`-th of what is searched for in it a third below the top; a negative one counts from the end. nil when there is no such row (any more).
---Works in sessions; does nothing in the server's runtime.
---@async
---@param seq integer
---@param place integer
---@return {place: integer, places: integer}?
function tools.show_row(seq, place) end

---Which rows of others `on_alert` is called with.
---Works in sessions; does nothing in the server's runtime.
---@param which "off"|"mention"|"all"
function tools.alert(which) end

---What was kept under a key.
---Works in sessions; does nothing in the server's runtime.
---@param key string
---@return any
function tools.kv_get(key) end

---Keeps a value for the person over their logins, in all of their sessions; nil forgets it. Up to 256 values, 16 KiB each and 64 KiB in all, as JSON. Keys that begin with `session.`, and those of guests, live as long as the session.
---Works in sessions; does nothing in the server's runtime.
---@param key string
---@param value any
function tools.kv_set(key, value) end

---Annotates a row for everybody, also while it grows: `value` is `x.KEY` of its meta from then on, nil takes it away. 16 keys of a row, 1 KiB each; a row is written four times a second at most, its last values always.
---Works in the server's runtime; does nothing in sessions.
---@param row_id string
---@param key string
---@param value any
---@return chatd.Result
function tools.set_meta(row_id, key, value) end

---The page on a topic, as Markdown: `help/TOPIC.md`.
---Works everywhere.
---@param topic string
---@return string?
function tools.help(topic) end

---The topics there are pages on.
---Works everywhere.
---@return string[]
function tools.help_topics() end

---Calls `f` once, in so many seconds (0.05 at least); returns the timer's number. 16 timers at once.
---Works everywhere.
---@param seconds number
---@param f fun(id: integer)
---@return integer
function tools.after(seconds, f) end

---Calls `f` again and again, that often (0.05 seconds at least).
---Works everywhere.
---@param seconds number
---@param f fun(id: integer)
---@return integer
function tools.every(seconds, f) end

---Stops a timer; returns whether there was one.
---Works everywhere.
---@param id integer
---@return boolean
function tools.cancel_timer(id) end

---Runs one's own callbacks of that name.
---Works everywhere.
---@param callback string
---@param ... any
---@return any
function tools.emit(callback, ...) end

---Gives the models a tool; `parameters` is a JSON Schema. What `run` returns is its output.
---Works in the server's runtime; does nothing in sessions.
---@param tool {name: string, description: string, parameters: table?, run: fun(arguments: table, call: chatd.Call): any}
function tools.define(tool) end

---Somebody who answers to `@NAME`, with what `run` says and returns.
---Works in the server's runtime; does nothing in sessions.
---@param actor {name: string, description: string?, run: fun(text: string, call: chatd.Call): any}
function tools.actor(actor) end

---A filter, run before a row is drawn: nil or false hides it, true or the row keeps it, a table with `content`, `author` or `style` changes these. Register it while the file is run. With `shared` it promises not to depend on whose screen it is, and is run once for all who look alike.
---Works in sessions; does nothing in the server's runtime.
---@param f fun(row: chatd.Row): boolean|chatd.Row|table|nil
---@param options? {shared: boolean?}
function tools.on_row(f, options) end

---What to show of a row while it grows, in place of its text so far; nil leaves it as it is. `delta` is what it has grown by since it was drawn last.
---Works in sessions; does nothing in the server's runtime.
---@param f fun(row: chatd.Row, delta: string): string?
---@param options? {shared: boolean?}
function tools.on_chunk(f, options) end

---Draws all rows of a content_method: a list of lines, each a string, or a list of text and style in turns.
---Works in sessions; does nothing in the server's runtime.
---@param content_method string
---@param f fun(row: chatd.Row, width: integer): table
---@param options? {shared: boolean?}
function tools.render(content_method, f, options) end

---The session begins, or the files have been read anew (`tools.session().reloaded`). Here calls may wait, in a file that is being run they may not.
function on_start() end

---Registers a function more for `on_start`.
---@param f fun()
function tools.on_start(f) end

---The session ends, however it does, or the files are about to be read anew: keep what must not be lost, with `kv_set`. No call may wait here.
function on_stop() end

---Registers a function more for `on_stop`.
---@param f fun()
function tools.on_stop(f) end

---A key, a run of text (`text`), a paste (`Paste`; `PasteTooLong` with its size) or the wheel (`WheelUp`, `WheelDown` with the lines).
---@param name string
---@param text string
---@param size integer
function on_key(name, text, size) end

---Registers a function more for `on_key`.
---@param f fun(name: string, text: string, size: integer)
function tools.on_key(f) end

---A whole line (line mode).
---@param text string
function on_line(text) end

---Registers a function more for `on_line`.
---@param f fun(text: string)
function tools.on_line(f) end

---A row was added to the room.
---@param buffer_id string
---@param row chatd.Row
function on_row_added(buffer_id, row) end

---Registers a function more for `on_row_added`.
---@param f fun(buffer_id: string, row: chatd.Row)
function tools.on_row_added(f) end

---An open row has grown by `delta`.
---@param buffer_id string
---@param row chatd.Row
---@param delta string
function on_row_changed(buffer_id, row, delta) end

---Registers a function more for `on_row_changed`.
---@param f fun(buffer_id: string, row: chatd.Row, delta: string)
function tools.on_row_changed(f) end

---A row does not change any more.
---@param buffer_id string
---@param row chatd.Row
function on_row_done(buffer_id, row) end

---Registers a function more for `on_row_done`.
---@param f fun(buffer_id: string, row: chatd.Row)
function tools.on_row_done(f) end

---The session is in this room now; or in the same one, when too much happened to be told one by one.
---@param room chatd.Room
function on_room(room) end

---Registers a function more for `on_room`.
---@param f fun(room: chatd.Room)
function tools.on_room(f) end

---Somebody came into the room or left it.
function on_people() end

---Registers a function more for `on_people`.
---@param f fun()
function tools.on_people(f) end

---The host has something to tell the person (on a screen); a `message` is somebody's, and kept nowhere.
---@param text string
---@param level "info"|"warn"|"error"|"message"
function on_notice(text, level) end

---Registers a function more for `on_notice`.
---@param f fun(text: string, level: "info"|"warn"|"error"|"message")
function tools.on_notice(f) end

---The screen has another size.
---@param width integer
---@param height integer
function on_resize(width, height) end

---Registers a function more for `on_resize`.
---@param f fun(width: integer, height: integer)
function tools.on_resize(f) end

---Once a second, four times while an answer is being written in the room.
---@param now integer
function on_tick(now) end

---Registers a function more for `on_tick`.
---@param f fun(now: integer)
function tools.on_tick(f) end

---A row of somebody else's is whole, one of those that `tools.alert` has named.
---@param row chatd.Row
function on_alert(row) end

---Registers a function more for `on_alert`.
---@param f fun(row: chatd.Row)
function tools.on_alert(f) end

---An answer to this person's question is whole.
---@param row chatd.Row
function on_answered(row) end

---Registers a function more for `on_answered`.
---@param f fun(row: chatd.Row)
function tools.on_answered(f) end

---An answer to this person's question has failed: the row says why.
---@param row chatd.Row
function on_failed(row) end

---Registers a function more for `on_failed`.
---@param f fun(row: chatd.Row)
function tools.on_failed(f) end

---Things are drawn for this look from now on: what `tools.look` was given, and `width`, the columns there are.
---@param look table<string, any>
function on_look(look) end

---Registers a function more for `on_look`.
---@param f fun(look: table<string, any>)
function tools.on_look(f) end

---Draw lines `first` to `last` of a thing, from its end where they are negative: `put` each, and say its `height`. Kinds are row, note, between, moment, pending, places and status; what is known of the thing follows. Most of this runs in a runtime of nobody's, where there is no session, and nothing is kept for anybody.
---@param kind string
---@param first integer
---@param last integer
---@param ... any
function on_draw(kind, first, last, ...) end

---Registers a function more for `on_draw`.
---@param f fun(kind: string, first: integer, last: integer, ...: any)
function tools.on_draw(f) end

---Something goes to a model: nil lets it pass, a table of messages replaces it, a text refuses it for that reason. In the server's own runtime alone, before each request; one that fails or takes more than 5 seconds refuses.
---@param messages chatd.Message[]
---@param call chatd.Call
function on_prompt(messages, call) end

---Registers a function more for `on_prompt`.
---@param f fun(messages: chatd.Message[], call: chatd.Call)
function tools.on_prompt(f) end

---Draw: `put` every line, say where the `view` and the `status` are, and place the `cursor`.
---@param width integer
---@param height integer
function on_frame(width, height) end

---Registers a function more for `on_frame`.
---@param f fun(width: integer, height: integer)
function tools.on_frame(f) end
