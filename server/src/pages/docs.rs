//! `/api/docs`: what the API takes and gives, as `docs/` says it; and the page for an address where nothing is.

use super::{frame::Frame, html, html_with};
use crate::{http::problem::Problem, state::AppState};
use askama::Template;
use axum::{
    Router,
    extract::OriginalUri,
    http::{StatusCode, Uri},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use std::{fmt::Write as _, iter::Peekable, str::Lines};

const API: &str = include_str!("../../../docs/api.md");
const FILE_FORMATS: &str = include_str!("../../../docs/file-formats.md");

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/docs", get(async |f: Frame| page(f, API)))
        .route("/api/docs/file-formats", get(async |f: Frame| page(f, FILE_FORMATS)))
        // What a problem's `type` begins with; the code behind the `#` is the problem's own.
        .route("/api/docs/problems", get(async || Redirect::permanent("/api/docs#problems")))
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Docs {
    f: Frame,
    /// Made of our own text, escaped.
    body: String,
}

fn page(f: Frame, markdown: &str) -> Result<Response, Problem> {
    html(&Docs { f, body: rendered(markdown) })
}

#[derive(Template)]
#[template(path = "nowhere.html")]
struct Nowhere {
    f: Frame,
}

/// Nothing is at this address: programs hear it as a problem, people as a page that leads on.
pub(super) async fn nowhere(OriginalUri(uri): OriginalUri, f: Result<Frame, Problem>) -> Response {
    if is_for_programs(&uri) {
        return Problem::from_status(StatusCode::NOT_FOUND).into_response();
    }
    f.and_then(nowhere_page).unwrap_or_else(Problem::into_response)
}

pub(super) fn nowhere_page(f: Frame) -> Result<Response, Problem> {
    html_with(StatusCode::NOT_FOUND, &Nowhere { f })
}

/// Whether an address is of the API: what is said there is for programs.
pub(super) fn is_for_programs(uri: &Uri) -> bool {
    let path = uri.path();
    path == "/api" || path.starts_with("/api/")
}

/// The little of Markdown that `docs/` is written in: headings, paragraphs, lists, tables, code.
fn rendered(markdown: &str) -> String {
    let mut html = String::new();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            let _ = write!(html, "<pre tabindex=\"0\">{}</pre>", escaped(&code.join("\n")));
        } else if let Some((level, title)) = heading(line) {
            let _ = write!(html, "<h{level} id=\"{}\">{}</h{level}>", anchor(title), inline(title));
        } else if line.starts_with('|') {
            table(line, &mut lines, &mut html);
        } else if let Some(first) = line.strip_prefix("- ") {
            let _ = write!(html, "<ul><li>{}</li>", inline(first));
            while let Some(next) = lines.next_if(|line| line.starts_with("- ")) {
                let _ = write!(html, "<li>{}</li>", inline(&next[2..]));
            }
            html.push_str("</ul>");
        } else if !line.trim().is_empty() {
            let mut text = line.to_owned();
            while let Some(next) = lines.next_if(|line| goes_on(line)) {
                text.push(' ');
                text.push_str(next);
            }
            let _ = write!(html, "<p>{}</p>", inline(&text));
        }
    }
    html
}

/// Whether a line belongs to the paragraph before it.
fn goes_on(line: &str) -> bool {
    !line.trim().is_empty() && !["#", "|", "- ", "```"].iter().any(|start| line.starts_with(start))
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line.get(level..)?.strip_prefix(' ')?;
    (1..=3).contains(&level).then_some((level, title))
}

/// "A reconnect for a route" is found under `#a-reconnect-for-a-route`.
fn anchor(title: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { Some(c.to_ascii_lowercase()) } else { (c == ' ').then_some('-') };
    title.chars().filter_map(plain).collect()
}

fn table(head: &str, lines: &mut Peekable<Lines<'_>>, html: &mut String) {
    let row = |line: &str, tag: &str| {
        let cells = line.trim().trim_matches('|').split('|').map(|cell| {
            // A heading without words heads nothing.
            let tag = if cell.trim().is_empty() { "td" } else { tag };
            format!("<{tag}>{}</{tag}>", inline(cell.trim()))
        });
        format!("<tr>{}</tr>", cells.collect::<String>())
    };
    let _ = write!(html, "<table><thead>{}</thead><tbody>", row(head, "th"));
    while let Some(line) = lines.next_if(|line| line.starts_with('|')) {
        if !line.starts_with("| ---") {
            html.push_str(&row(line, "td"));
        }
    }
    html.push_str("</tbody></table>");
}

/// Code, bold words and links within a line.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (n, part) in text.split('`').enumerate() {
        if n % 2 == 1 {
            let _ = write!(html, "<code>{}</code>", escaped(part));
            continue;
        }
        for (n, part) in part.split("**").enumerate() {
            let (open, close) = if n % 2 == 1 { ("<strong>", "</strong>") } else { ("", "") };
            let _ = write!(html, "{open}{}{close}", linked(part));
        }
    }
    html
}

fn linked(text: &str) -> String {
    let Some((before, (words, (address, after)))) = text
        .split_once('[')
        .and_then(|(before, rest)| Some((before, rest.split_once("](")?)))
        .and_then(|(before, (words, rest))| Some((before, (words, rest.split_once(')')?))))
    else {
        return escaped(text);
    };
    let address = address.strip_suffix(".md").map_or_else(|| address.to_owned(), |page| format!("/api/docs/{page}"));
    format!("{}<a href=\"{}\">{}</a>{}", escaped(before), escaped(&address), escaped(words), linked(after))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_docs_are_written_in_becomes_a_page() {
        let text = "# The API\n\nSign in with `POST <x>`,\nand **read** [formats](file-formats.md).\n\n| call | |\n| --- | --- |\n| `a` | b |\n\n- one\n- two\n\n```\n{ \"a\": 1 }\n```\n";
        assert_eq!(
            rendered(text),
            "<h1 id=\"the-api\">The API</h1><p>Sign in with <code>POST &lt;x&gt;</code>, and <strong>read</strong> \
             <a href=\"/api/docs/file-formats\">formats</a>.</p><table><thead><tr><th>call</th><td></td></tr></thead>\
             <tbody><tr><td><code>a</code></td><td>b</td></tr></tbody></table><ul><li>one</li><li>two</li></ul>\
             <pre tabindex=\"0\">{ &quot;a&quot;: 1 }</pre>"
        );
        assert!(rendered(API).contains("id=\"problems\""), "where a problem's type leads to");
    }
}
