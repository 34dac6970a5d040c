//! A WebSocket of the page: opens, hands over what arrives, says once that it closed, and closes when dropped.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::window;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

/// What a socket tells.
pub(crate) enum Incoming {
    /// It is open.
    Open,
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// It closed.
    Closed,
}

/// An open, or opening, socket.
pub(crate) struct Socket {
    inner: WebSocket,
    // Callbacks live as long as the socket.
    _message: Closure<dyn FnMut(MessageEvent)>,
    _open: Closure<dyn FnMut(Event)>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Opens a socket to a path of this origin. `None` when the browser refuses at once.
    pub(crate) fn open(path: &str, tell: Rc<dyn Fn(Incoming)>) -> Option<Self> {
        let location = window().location();
        let scheme = if location.protocol().ok()? == "https:" {
            "wss"
        } else {
            "ws"
        };
        let socket = WebSocket::new(&format!("{scheme}://{}{path}", location.host().ok()?)).ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);

        let to = Rc::clone(&tell);
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(text) = data.as_string() {
                to(Incoming::Text(text));
            } else if let Ok(buffer) = data.dyn_into::<js_sys::ArrayBuffer>() {
                to(Incoming::Binary(js_sys::Uint8Array::new(&buffer).to_vec()));
            }
        });
        let to = Rc::clone(&tell);
        let open = Closure::<dyn FnMut(Event)>::new(move |_: Event| to(Incoming::Open));
        let closed = Cell::new(false);
        let close = Closure::<dyn FnMut(CloseEvent)>::new(move |_: CloseEvent| {
            if !closed.replace(true) {
                tell(Incoming::Closed);
            }
        });
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Some(Self {
            inner: socket,
            _message: message,
            _open: open,
            _close: close,
        })
    }

    /// Sends text; a socket that is not open drops it.
    pub(crate) fn send_text(&self, text: &str) {
        if self.inner.ready_state() == WebSocket::OPEN {
            let _ = self.inner.send_with_str(text);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onopen(None);
        self.inner.set_onclose(None);
        let _ = self.inner.close();
    }
}
