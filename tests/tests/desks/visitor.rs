//! Somebody at a desk, through pages and a cookie.

use curbstop_tests::{truck::wall_clock, utility::PASSWORD};
use reqwest::{Client, StatusCode, header, redirect::Policy};

/// A browser without a screen: it keeps its cookies and follows nobody.
pub struct Visitor {
    pub base: String,
    pub cookies: Vec<String>,
    pub client: Client,
}

/// A page as it arrived.
pub struct Page {
    pub status: StatusCode,
    pub html: String,
    pub location: Option<String>,
    pub policy: String,
}

impl Page {
    pub fn shows(&self, words: &str) -> &Self {
        assert!(self.html.contains(words), "{} without {words:?}:\n{}", self.status, self.html);
        self
    }

    pub fn does_not_show(&self, words: &str) -> &Self {
        assert!(!self.html.contains(words), "{words:?} in:\n{}", self.html);
        self
    }

    /// The value of the first hidden field of this name after `mark`.
    pub fn hidden(&self, mark: &str, name: &str) -> String {
        let from = self.html.find(mark).unwrap_or_else(|| panic!("no {mark:?} in:\n{}", self.html));
        let field = format!("name=\"{name}\" value=\"");
        let at = self.html[from..].find(&field).unwrap_or_else(|| panic!("no field {name} after {mark:?}")) + from;
        self.html[at + field.len()..].split('"').next().unwrap_or_default().to_owned()
    }
}

impl Visitor {
    pub fn at(base: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { base: base.to_owned(), cookies: Vec::new(), client }
    }

    pub async fn signs_in(base: &str, login: &str) -> Self {
        let mut visitor = Self::at(base);
        let page = visitor.posts("/sign-in", &[("login", login), ("password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.html);
        visitor
    }

    pub async fn opens(&mut self, path: &str) -> Page {
        let request = self.client.get(format!("{}{path}", self.base));
        self.sends(request).await
    }

    pub async fn posts(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body =
            fields.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect::<Vec<_>>().join("&");
        let request = self.client.post(format!("{}{path}", self.base)).body(body);
        self.sends(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")).await
    }

    /// As the desk's script sends a form: what it answers stands within the page.
    pub async fn posts_in_place(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body =
            fields.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect::<Vec<_>>().join("&");
        let request = self.client.post(format!("{}{path}", self.base)).body(body).header("x-curbstop-fragment", "1");
        self.sends(request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")).await
    }

    pub async fn uploads(&mut self, fields: &[(&str, &str)], file: &[u8]) -> Page {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n--b--\r\n");
        let request = self.client.post(format!("{}/dispatch/import", self.base)).body(body);
        self.sends(request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")).await
    }

    /// The first bytes of a file, as the page sends them to hear what it is.
    pub async fn sends_like(&mut self, head: &[u8]) -> Page {
        let request = self.client.post(format!("{}/dispatch/import/like", self.base)).body(head.to_vec());
        self.sends(request.header(header::CONTENT_TYPE, "application/octet-stream")).await
    }

    pub async fn sends(&mut self, request: reqwest::RequestBuilder) -> Page {
        let answer = request.header(header::COOKIE, self.cookies.join("; ")).send().await.expect("the server answers");
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            let name = format!("{}=", pair.split('=').next().unwrap());
            self.cookies.retain(|kept| !kept.starts_with(&name));
            self.cookies.push(pair);
        }
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, policy) = (header("location"), header("content-security-policy").unwrap_or_default());
        Page { status: answer.status(), location, policy, html: answer.text().await.unwrap() }
    }
}

pub fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The first moment of the form's minute for a payment made just now.
pub fn now_at_the_utility() -> String {
    let now = chrono::DateTime::from_timestamp_micros(wall_clock().0).unwrap();
    now.with_timezone(&curbstop_tests::utility::zone()).format("%Y-%m-%dT%H:%M").to_string()
}
