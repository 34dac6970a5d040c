//! Where instances go, and why.
//!
//! [`place`] is a pure function: services, hosts and what runs already go in; a host for each instance comes out,
//! with reasons, and for every host that does not get it the reason why not. The same input always gives the
//! same answer.
//!
//! The rules, in the order in which they count:
//! 1. What runs stays where it is, as long as that is still allowed. On a host that does not answer it stays
//!    *unknown*, and nothing new goes there.
//! 2. Hosts that are not up, miss a constraint, lack memory or processors, or have a fixed port taken, are out.
//! 3. On hosts without a common network, services that share a network, a volume or a namespace go to one host.
//! 4. A service that shares none of these, or says `spread`, goes to as many hosts as it has instances; on
//!    connected hosts every service does.
//! 5. Among the hosts that are left the least loaded one is taken.

mod amount;
mod group;
mod ledger;
mod outcome;
mod plan;
mod reach;
mod refusal;
mod request;

pub use lighthouse_model::constraint::{Comparison, Constraint, HostAttribute, PlacementMode};
pub use outcome::{Outcome, Placed, Placement, Reason, RefusedHost, Unreachable};
pub use refusal::{Need, Refusal};
pub use request::{
    Candidate, HostState, Port, Protocol, Reach, Request, Running, ServiceRequest, SwarmRole, UsedPort,
};

/// Decides where every instance of an application goes.
pub fn place(request: &Request) -> Placement {
    plan::place(request)
}
