//! What pages are made of.

pub(crate) mod application_controls;
pub(crate) mod confirm;
pub(crate) mod container_action;
pub(crate) mod container_line;
pub(crate) mod container_table;
pub(crate) mod deploy;
pub(crate) mod field;
pub(crate) mod frame;
pub(crate) mod host_form;
pub(crate) mod icon;
pub(crate) mod instances;
pub(crate) mod loaded;
pub(crate) mod log;
pub(crate) mod log_pane;
pub(crate) mod matrix;
pub(crate) mod operation_list;
pub(crate) mod plan_view;
pub(crate) mod pools;
pub(crate) mod releases;
pub(crate) mod status;
