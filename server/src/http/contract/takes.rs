//! What a call takes, read off the types of its handler.

use super::{Gives, Sketch};
use crate::{
    http::{
        auth::{Address, Presence},
        extract::{Json, OnceBytes, OnceJson, Path, Query},
        packed::{OfAnybody, OfTablet},
        uploads::Upload,
    },
    service::authorise::Actor,
    shape::{Known, Shape},
    state::AppState,
};
use axum::{
    extract::{Request, State},
    http::HeaderMap,
};
use curbstop_shared::ids::{CrewId, DeviceId, FactId, ListingId, PersonId, RouteId};
use schemars::JsonSchema;
use uuid::Uuid;

/// A handler whose types say what it takes and gives. `T` are its arguments, as axum has them.
pub trait Described<T> {
    /// Says it.
    fn describe(sketch: &mut Sketch<'_>);
}

macro_rules! handlers {
    ($($argument:ident),+) => {
        impl<F, Out, R, M, $($argument),+> Described<(M, $($argument,)+)> for F
        where
            F: FnOnce($($argument),+) -> Out,
            Out: Future<Output = R>,
            R: Gives,
            $($argument: Takes,)+
        {
            fn describe(sketch: &mut Sketch<'_>) {
                $($argument::describe(sketch);)+
                R::describe(sketch);
            }
        }
    };
}

impl<F, Out, R> Described<((),)> for F
where
    F: FnOnce() -> Out,
    Out: Future<Output = R>,
    R: Gives,
{
    fn describe(sketch: &mut Sketch<'_>) {
        R::describe(sketch);
    }
}

handlers!(A1);
handlers!(A1, A2);
handlers!(A1, A2, A3);
handlers!(A1, A2, A3, A4);
handlers!(A1, A2, A3, A4, A5);
handlers!(A1, A2, A3, A4, A5, A6);

/// Something that handlers take from a request.
pub trait Takes {
    /// Says what of the request it is; nothing where it is none of the caller's business.
    fn describe(_: &mut Sketch<'_>) {}
}

impl Takes for State<AppState> {}
impl Takes for Actor {}
impl Takes for Address {}
impl Takes for Presence {}
// What these hold is said beside the route.
impl Takes for HeaderMap {}
impl Takes for Request {}
impl Takes for OfTablet {}
impl Takes for OfAnybody {}

impl<T: JsonSchema> Takes for Query<T> {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.query::<T>();
    }
}

impl<T: JsonSchema> Takes for Json<T> {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.body_json::<T>();
    }
}

impl<T: JsonSchema> Takes for OnceJson<T> {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.once(true);
        sketch.body_json::<T>();
    }
}

/// Bodies of any kind are only taken where there is none.
impl Takes for OnceBytes {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.once(true);
        sketch.body_none();
    }
}

impl Takes for Upload {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.once(false);
        sketch.body_file();
    }
}

impl<T: PathPart> Takes for Path<T> {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.path::<T>();
    }
}

impl Takes for axum::extract::Path<String> {
    fn describe(sketch: &mut Sketch<'_>) {
        sketch.path::<String>();
    }
}

/// A part of a path.
pub trait PathPart {
    /// Its JSON.
    type Shape: JsonSchema;
    /// Anything can stand there; else an address with something wrong there is none.
    const ANY_TEXT: bool = false;
}

impl PathPart for String {
    type Shape = Self;
    const ANY_TEXT: bool = true;
}

impl PathPart for Uuid {
    type Shape = Self;
}

macro_rules! parts {
    ($($id:ident),+) => {$(
        impl PathPart for $id {
            type Shape = Shape<Self>;
        }
        const _: fn() -> schemars::Schema = <$id as Known>::schema;
    )+};
}

parts!(CrewId, DeviceId, FactId, ListingId, PersonId, RouteId);
