//! Applications: plan, deploy, scale, remove.
