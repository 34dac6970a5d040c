// A terminal inside a container: xterm on one side, the console's socket on the other.
//
// What the container prints is never trusted: no clipboard, no title, no links, and nothing is answered in the
// person's name. Only what a person types, pastes or clicks is sent.
//
// The page's content policy allows neither style elements without its nonce nor style attributes: the first get
// the nonce, the second are set through the CSSOM, which is allowed.

import { Terminal } from './vendor/xterm/xterm.mjs';
import { FitAddon } from './vendor/xterm/addon-fit.mjs';

const INPUT = 0;
const SIZE = 1;
const OUTPUT = 0;
const END = 1;
const HELLO = 2;

/** A document that makes elements as the policy wants them. */
function guarded(nonce) {
  const make = (name, options) => {
    const element = document.createElement(name, options);
    if (name === 'style') element.setAttribute('nonce', nonce);
    if (name === 'span') {
      element.setAttribute = function (attribute, value) {
        if (attribute === 'style') this.style.cssText = value;
        else Element.prototype.setAttribute.call(this, attribute, value);
      };
    }
    return element;
  };
  return new Proxy(document, {
    get(target, property) {
      if (property === 'createElement') return make;
      const value = target[property];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Runs `work` while style elements of the real document get the nonce: xterm makes one of them there. */
function withNonce(nonce, work) {
  const original = document.createElement;
  document.createElement = function (name, options) {
    const element = original.call(document, name, options);
    if (name === 'style') element.setAttribute('nonce', nonce);
    return element;
  };
  try {
    return work();
  } finally {
    delete document.createElement;
  }
}

/**
 * Opens a terminal in an element.
 *
 * `address` is the socket's path with its query; `tell(state, words)` is called with `open`, `ended` or `lost`.
 * Returns a function that closes it.
 */
function open(element, address, nonce, tell) {
  const terminal = new Terminal({
    documentOverride: guarded(nonce),
    fontFamily: getComputedStyle(element).fontFamily,
    fontSize: 13,
    scrollback: 5000,
    allowProposedApi: false,
    linkHandler: { activate() {} },
    theme: { background: '#0b0d0f', foreground: '#d5dbe1', cursor: '#e8ebee' },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withNonce(nonce, () => terminal.open(element));
  terminal.parser.registerOscHandler(8, () => true);
  terminal.parser.registerOscHandler(52, () => true);
  for (const title of [0, 1, 2]) terminal.parser.registerOscHandler(title, () => true);
  fit.fit();

  const protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const size = `&columns=${terminal.cols}&rows=${terminal.rows}`;
  const socket = new WebSocket(`${protocol}//${location.host}${address}${size}`);
  socket.binaryType = 'arraybuffer';
  let ended = false;

  const send = (kind, bytes) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const message = new Uint8Array(bytes.length + 1);
    message[0] = kind;
    message.set(bytes, 1);
    socket.send(message);
  };
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();

  // xterm also hands out answers to questions in the output; only what follows a person's input is sent.
  let byPerson = false;
  terminal._core.coreService.onUserInput(() => {
    byPerson = true;
  });
  terminal.onData((text) => {
    if (byPerson) send(INPUT, encoder.encode(text));
    byPerson = false;
  });
  terminal.onBinary((text) => send(INPUT, Uint8Array.from(text, (c) => c.charCodeAt(0))));
  terminal.onResize(({ cols, rows }) => {
    send(SIZE, new Uint8Array([cols >> 8, cols & 255, rows >> 8, rows & 255]));
  });

  socket.onmessage = (event) => {
    const bytes = new Uint8Array(event.data);
    if (bytes[0] === OUTPUT) {
      terminal.write(bytes.subarray(1));
    } else if (bytes[0] === HELLO) {
      tell('open', decoder.decode(bytes.subarray(1)));
    } else if (bytes[0] === END) {
      ended = true;
      tell('ended', decoder.decode(bytes.subarray(1)));
    }
  };
  socket.onclose = () => {
    terminal.options.disableStdin = true;
    if (!ended) tell('lost', 'The connection was lost.');
  };

  const observer = new ResizeObserver(() => {
    if (element.clientWidth > 0) fit.fit();
  });
  observer.observe(element);
  terminal.focus();

  return () => {
    observer.disconnect();
    socket.onclose = null;
    socket.close();
    terminal.dispose();
  };
}

globalThis.lighthouseTerminal = { open };
