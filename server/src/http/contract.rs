//! The API as it is registered: each call is described where its route is, so that the document can't leave one out.
//!
//! Resources build [`Calls`] as they would build axum's `Router`. What a handler takes and gives is read off its types
//! ([`takes`], [`gives`]), who may call it off its [`allow`](super::auth::allow), and the rest is said beside it:
//!
//! ```ignore
//! Calls::new()
//!     .route("/accounts/{account}", allow(Action::SeeAccounts, get(one).says("All about one account.")))
//!     .route("/payments", allow(Action::RecordReleases, post(record).says("Money came in.")
//!         .gives::<PaymentOutcome>(201).refuses(&[(409, "receipt_known")])))
//! ```

pub mod document;
mod gives;
mod sketch;
mod takes;

pub use gives::{Gives, media};
pub use sketch::Sketch;
pub use takes::{Described, PathPart, Takes};

use crate::{service::authorise::Action, state::AppState};
use axum::{
    Router,
    extract::Request,
    handler::Handler,
    http::Method,
    response::IntoResponse,
    routing::{MethodRouter, Route},
};
use schemars::JsonSchema;
use std::convert::Infallible;
use tower::{Layer, Service};

/// Adds what it knows to the description of a call.
type Part = Box<dyn Fn(&mut Sketch<'_>) + Send + Sync>;

/// One call of the API: a method at a path.
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path below `/api/v1`, as `/accounts/{account}`.
    pub path: String,
    /// What whoever calls it has to be allowed; none where it is open to anybody.
    pub action: Option<Action>,
    /// What it does, in a sentence.
    pub summary: &'static str,
    parts: Vec<Part>,
}

/// The calls of a resource, with their handlers.
#[derive(Default)]
pub struct Calls {
    router: Router<AppState>,
    calls: Vec<Call>,
}

impl Calls {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handlers of a path.
    #[must_use]
    pub fn route(mut self, path: &str, handlers: Handlers) -> Self {
        self.router = self.router.route(path, handlers.methods);
        self.calls.extend(handlers.calls.into_iter().map(|call| Call { path: path.to_owned(), ..call }));
        self
    }

    /// Adds another resource's.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.calls.extend(other.calls);
        self
    }

    /// As axum's.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.layer(layer);
        self
    }

    /// What answers, and what there is to say about it.
    pub fn into_parts(self) -> (Router<AppState>, Vec<Call>) {
        (self.router, self.calls)
    }
}

/// Handlers for one path, each with its description.
pub struct Handlers {
    methods: MethodRouter<AppState>,
    calls: Vec<Call>,
}

impl Handlers {
    fn one<H, T>(method: Method, methods: MethodRouter<AppState>, _: &H) -> Self
    where
        H: Described<T> + 'static,
        T: 'static,
    {
        let parts: Vec<Part> = vec![Box::new(|sketch| H::describe(sketch))];
        Self { methods, calls: vec![Call { method, path: String::new(), action: None, summary: "", parts }] }
    }

    /// The handlers of other methods as well.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.methods = self.methods.merge(other.methods);
        self.calls.extend(other.calls);
        self
    }

    /// As axum's.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.methods = self.methods.layer(layer);
        self
    }

    /// Behind a rule: see [`allow`](super::auth::allow).
    pub(super) fn guarded<L>(mut self, action: Action, takes_query: bool, guard: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.methods = self.methods.route_layer(guard);
        for call in &mut self.calls {
            call.action = Some(action);
            if !takes_query {
                call.parts.push(Box::new(|sketch| sketch.refuses(400, "query_invalid")));
            }
        }
        self
    }

    /// What the call does, in a sentence.
    #[must_use]
    pub fn says(mut self, summary: &'static str) -> Self {
        for call in &mut self.calls {
            call.summary = summary;
        }
        self
    }

    /// What it answers, where the handler's type doesn't say.
    #[must_use]
    pub fn gives<T: JsonSchema>(self, status: u16) -> Self {
        self.part(move |sketch| sketch.gives_json::<T>(status))
    }

    /// An answer that is no JSON.
    #[must_use]
    pub fn gives_media(self, status: u16, media_type: &'static str, what: &'static str) -> Self {
        self.part(move |sketch| sketch.gives_media(status, media_type, what))
    }

    /// A JSON answer of the tablets' exchange, in either of its two forms.
    #[must_use]
    pub fn exchanges<Asked: JsonSchema, Given: JsonSchema>(self) -> Self {
        self.part(|sketch| sketch.exchanges::<Asked, Given>())
    }

    /// A body of bytes.
    #[must_use]
    pub fn sends(self, media_type: &'static str, what: &'static str) -> Self {
        self.part(move |sketch| sketch.body_bytes(media_type, what))
    }

    /// A header of the request.
    #[must_use]
    pub fn header(self, name: &'static str, what: &'static str) -> Self {
        self.part(move |sketch| sketch.header(name, false, what))
    }

    /// A header of an answer.
    #[must_use]
    pub fn answers_header(self, status: u16, name: &'static str, what: &'static str) -> Self {
        self.part(move |sketch| sketch.answers_header(status, name, what))
    }

    /// What the part of the path is.
    #[must_use]
    pub fn path(self, what: &'static str) -> Self {
        self.part(move |sketch| sketch.path_is(what))
    }

    /// Its sentences are in the language that the caller asks for.
    #[must_use]
    pub fn speaks(self) -> Self {
        self.header("Accept-Language", "`en` (without it) or `es`: the language of the answer's sentences.")
    }

    /// Problems of its own: status and code.
    #[must_use]
    pub fn refuses(self, problems: &'static [(u16, &'static str)]) -> Self {
        self.part(move |sketch| problems.iter().for_each(|(status, code)| sketch.refuses(*status, code)))
    }

    fn part(mut self, part: impl Fn(&mut Sketch<'_>) + Clone + Send + Sync + 'static) -> Self {
        for call in &mut self.calls {
            call.parts.push(Box::new(part.clone()));
        }
        self
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident, $method:ident;)+) => {$(
        $(#[$doc])*
        pub fn $name<H, T>(handler: H) -> Handlers
        where
            H: Handler<T, AppState> + Described<T>,
            T: 'static,
        {
            let methods = MethodRouter::new();
            Handlers::one(Method::$method, methods.$name(handler.clone()), &handler)
        }
    )+};
}

methods! {
    /// A handler of GET.
    get, GET;
    /// A handler of HEAD.
    head, HEAD;
    /// A handler of POST.
    post, POST;
    /// A handler of PUT.
    put, PUT;
    /// A handler of DELETE.
    delete, DELETE;
}
