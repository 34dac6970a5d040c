//! What pages are made of.

pub(crate) mod confirm;
pub(crate) mod container_action;
pub(crate) mod container_line;
pub(crate) mod container_table;
pub(crate) mod field;
pub(crate) mod frame;
pub(crate) mod host_form;
pub(crate) mod icon;
pub(crate) mod loaded;
pub(crate) mod operation_list;
pub(crate) mod pools;
pub(crate) mod status;
