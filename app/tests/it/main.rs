//! Pages as the server renders them.

mod door;
mod frame;
mod page;
