// How many tabs may follow a room at once: a browser has six connections to a server, and pages have to load, too.

const SLOTS = 3;

/** Tells by `have(true)` and `have(false)` whether this tab may. Where the browser cannot tell, each visible tab may. */
export class Slot {
  constructor(have) {
    this._have = have;
    this._release = null;
    this._asking = false;
    document.addEventListener("visibilitychange", () => this._look());
    addEventListener("focus", () => this._look(true));
    addEventListener("pagehide", () => this._give());
    addEventListener("pageshow", () => this._look());
    this._look();
  }

  _look(focused = document.hasFocus()) {
    if (document.hidden) this._give();
    else if (navigator.locks === undefined) this._have(true);
    else this._take(focused);
  }

  async _take(focused) {
    if (this._release !== null || this._asking) return;
    this._asking = true;
    try {
      for (let at = 0; at < SLOTS && this._release === null; at += 1) await this._try(at, { ifAvailable: true });
      if (this._release === null && focused) await this._try(Math.floor(Math.random() * SLOTS), { steal: true });
      if (this._release === null) this._have(false);
    } finally {
      this._asking = false;
    }
  }

  /** Take one slot; resolves when that is decided. It is kept until it is given back, or another tab takes it. */
  _try(at, options) {
    return new Promise((decided) => {
      const hold = (lock) => {
        if (lock === null || document.hidden) return decided();
        this._have(true);
        return new Promise((release) => {
          this._release = release;
          decided();
        });
      };
      navigator.locks.request(`chatd-room-${at}`, options, hold).catch(() => {
        this._release = null;
        this._have(false);
        decided();
      });
    });
  }

  _give() {
    this._release?.();
    this._release = null;
    this._have(false);
  }
}
