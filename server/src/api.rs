//! `/api/v1`: everything the pages can do, through the same use cases.
//!
//! Typed bodies, `problem+json` errors, cursor paging, bearer tokens. The OpenAPI document is generated from the
//! very handlers that are served.
//!
//! Every handler asks the gate for the kind of object before it looks a name up: who may not see such objects
//! learns nothing from names.

pub mod body;

mod applications;
mod containers;
mod hosts;
mod input;
mod me;
mod operations;
mod pools;
mod record;
mod registries;
mod sessions;
mod tokens;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, ServerBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

/// The version of the interface.
const VERSION: &str = "1";

/// The routes of the HTTP API with their description.
pub fn routes(base_path: &str) -> Router<AppState> {
    let (router, document) = described(base_path);
    let document: Arc<str> = document.to_json().unwrap_or_default().into();
    router.route(
        "/api/v1/openapi.json",
        get(move || {
            let document = Arc::clone(&document);
            async move { ([(CONTENT_TYPE, "application/json")], document.to_string()).into_response() }
        }),
    )
}

/// The routes and the OpenAPI document, made together so that they cannot differ.
pub fn described(base_path: &str) -> (Router<AppState>, OpenApi) {
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Lighthouse")
                .version(VERSION)
                .description(Some(
                    "One console for applications on many Docker hosts. Send a personal token as `Authorization: \
                     Bearer …`. Errors are `application/problem+json` with a stable code in `title`.",
                )),
        )
        .servers(Some([ServerBuilder::new()
            .url(if base_path.is_empty() { "/" } else { base_path })
            .build()]))
        .build();
    let (router, mut document) = OpenApiRouter::with_openapi(document)
        .merge(applications::routes())
        .merge(containers::routes())
        .merge(hosts::routes())
        .merge(me::routes())
        .merge(operations::routes())
        .merge(pools::routes())
        .merge(record::routes())
        .merge(registries::routes())
        .merge(sessions::routes())
        .merge(tokens::routes())
        .merge(users::routes())
        .split_for_parts();
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(
        "token".to_owned(),
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)).into(),
    );
    (router, document)
}
