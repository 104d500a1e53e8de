// One live stream per browser, however many tabs are open: browsers allow six connections per host, and every tab
// would otherwise hold one. The tab that holds a lock reads the stream and passes everything on to the others.

/** @import { LiveEvents, Snapshot } from "./types.d.ts" */

/** What tabs tell each other; `data` stays text, which is cheaper to pass on than what it says. @typedef {{ kind: string, data?: string }} Message */

const FOLLOWER_WAITS = 300;
const RETRY_SHORTEST = 1000;
const RETRY_LONGEST = 15_000;
/** A stream that is silent for longer is taken for dead; the server sends a comment or event more often than that. */
const SILENCE = 45_000;

/**
 * @param {{ snapshotUrl: string, streamUrl: string, topic: string }} where
 * @param {LiveEvents} on
 */
export function connect(where, on) {
  const channel = new BroadcastChannel(`kolonne-live-${where.topic}`);
  const closing = new AbortController();
  let generation = 0;

  /** A snapshot after every (re)connection; diffs that come meanwhile are newer and win by their own times. */
  async function refresh() {
    const mine = ++generation;
    for (let wait = RETRY_SHORTEST; !closing.signal.aborted; wait = Math.min(wait * 2, RETRY_LONGEST)) {
      try {
        const answer = await fetch(where.snapshotUrl, { headers: { Accept: "application/json" }, signal: closing.signal });
        if (answer.status === 401 || answer.status === 403) return location.reload();
        if (!answer.ok) throw new Error(`snapshot: ${answer.status}`);
        const snapshot = /** @type {Snapshot} */ (await answer.json());
        if (mine !== generation) return;
        on.status("live");
        on.snapshot(snapshot);
        return;
      } catch (error) {
        if (closing.signal.aborted) return;
        on.status("lost");
        await new Promise((resolve) => setTimeout(resolve, wait));
        if (mine !== generation) return;
      }
    }
  }

  /** The stream also ends when the person may no longer watch: then the page goes away, with all that it shows. */
  async function leave() {
    try {
      const answer = await fetch(where.snapshotUrl, { headers: { Accept: "application/json" }, signal: closing.signal });
      if (answer.status === 401 || answer.status === 403) location.reload();
    } catch {
      // The server is away: the stream tries again by itself.
    }
  }

  /** @param {Message} message */
  function take(message) {
    if (message.kind === "open") {
      clearTimeout(others);
      on.status("live");
      void refresh();
    } else if (message.kind === "lost") {
      on.status("lost");
      void leave();
    } else if (message.kind === "vans") {
      on.status("live");
      on.vans(JSON.parse(message.data ?? "").vans);
    } else if (message.kind === "command") on.command(JSON.parse(message.data ?? ""));
  }

  /** @param {Message} message */
  function tell(message) {
    take(message);
    channel.postMessage(message);
  }

  channel.onmessage = (event) => take(event.data);
  on.status("connecting");
  // The tab that opens the stream takes its snapshot then, so that nothing falls between the two; others take it now.
  const others = setTimeout(() => void refresh(), FOLLOWER_WAITS);
  void lead(where, tell, closing.signal);
  return () => {
    closing.abort();
    channel.close();
  };
}

/**
 * Waits until no other tab reads the stream, then reads it until this page goes away.
 * @param {{ streamUrl: string, topic: string }} where
 * @param {(message: Message) => void} tell
 * @param {AbortSignal} signal
 */
async function lead(where, tell, signal) {
  const read = () => new Promise((/** @type {(value: void) => void} */ done) => stream(where.streamUrl, tell, signal, done));
  if (!navigator.locks) return void read(); // Plain http to another machine: no locks there, a stream per tab.
  try {
    await navigator.locks.request(`kolonne-live-${where.topic}`, { signal }, read);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * @param {string} url
 * @param {(message: Message) => void} tell
 * @param {AbortSignal} signal
 * @param {() => void} done
 */
function stream(url, tell, signal, done) {
  /** @type {EventSource} */
  let source;
  let wait = RETRY_SHORTEST;
  let timer = 0;
  /** Comments keep a stream open but are not told to us: only a server that sends pings can be found silent. */
  let pings = false;

  function open() {
    source = new EventSource(url);
    source.onopen = () => {
      wait = RETRY_SHORTEST;
      heard();
      tell({ kind: "open" });
    };
    source.onerror = again;
    source.addEventListener("resync", () => tell({ kind: "open" }));
    source.addEventListener("ping", () => {
      pings = true;
      heard();
    });
    for (const kind of ["vans", "command"]) {
      source.addEventListener(kind, (event) => {
        heard();
        tell({ kind, data: /** @type {MessageEvent<string>} */ (event).data });
      });
    }
  }

  function heard() {
    clearTimeout(timer);
    if (pings) timer = window.setTimeout(again, SILENCE);
  }

  /** The browser's own retry gives up on an error status, so we close and try again ourselves. */
  function again() {
    source.close();
    clearTimeout(timer);
    if (signal.aborted) return;
    tell({ kind: "lost" });
    timer = window.setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, RETRY_LONGEST);
  }

  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    source.close();
    done();
  });
  open();
}
