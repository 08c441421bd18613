//! A client of a test server, and what it gets for an answer.

use std::net::SocketAddr;

use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{ACCEPT, HeaderMap},
    multipart::{Form, Part},
};
use serde_json::{Value, json};

pub const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// What a client is made from.
pub fn http() -> reqwest::ClientBuilder {
    // Without one no client can be made, although none of these ever speaks TLS. Nor is there any
    // need to read all the machine's certificates for each of them.
    let _there_already = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([])
}

/// Speaks to one server, as one person or as a stranger.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    token: Option<String>,
}

impl Client {
    pub fn new(address: SocketAddr, token: Option<String>) -> Self {
        Self { http: http().build().unwrap(), address, token }
    }

    /// A stranger whose requests share one connection, by HTTP/2.
    pub fn on_one_connection(address: SocketAddr) -> Self {
        let client = Self::new(address, None);
        Self { http: http().http2_prior_knowledge().build().unwrap(), ..client }
    }

    /// The access token.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Runs an operation, as most clients do it: by POST.
    pub async fn query(&self, document: &str, variables: Value) -> Answer {
        self.post(&json!({ "query": document, "variables": variables })).await
    }

    /// Posts these parameters, whatever they are.
    pub async fn post(&self, parameters: &Value) -> Answer {
        self.send(self.request(Method::POST, "/graphql").json(parameters)).await
    }

    /// Begins a request for what the methods above do not do.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.accepting(method, path, GRAPHQL_RESPONSE)
    }

    /// Begins a request for another form of answer.
    pub fn accepting(&self, method: Method, path: &str, accept: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("http://{}{path}", self.address));
        let request = request.header(ACCEPT, accept);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Runs an operation with files by the multipart request convention; each with the path of its
    /// variable, which must be null.
    pub async fn upload(
        &self,
        document: &str,
        variables: Value,
        files: &[(&str, Vec<u8>)],
    ) -> Answer {
        self.try_upload(document, variables, files).await.unwrap()
    }

    /// The same, where the server may go away meanwhile.
    pub async fn try_upload(
        &self,
        document: &str,
        variables: Value,
        files: &[(&str, Vec<u8>)],
    ) -> Option<Answer> {
        let named = files.iter().enumerate();
        let map: serde_json::Map<String, Value> =
            named.clone().map(|(n, (path, _))| (n.to_string(), json!([path]))).collect();
        let operations = json!({ "query": document, "variables": variables });
        let form = Form::new().text("operations", operations.to_string());
        let form = form.text("map", Value::Object(map).to_string());
        let part = |bytes: &[u8]| Part::bytes(bytes.to_vec()).file_name("a.png");
        let form = named.fold(form, |form, (n, (_, bytes))| form.part(n.to_string(), part(bytes)));
        self.try_send(self.multipart().multipart(form)).await
    }

    /// Runs an operation where the server may go away meanwhile.
    pub async fn try_query(&self, document: &str, variables: Value) -> Option<Answer> {
        let parameters = json!({ "query": document, "variables": variables });
        self.try_send(self.request(Method::POST, "/graphql").json(&parameters)).await
    }

    async fn try_send(&self, request: RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        Answer::read(response).await.ok()
    }

    /// Begins a multipart request.
    pub fn multipart(&self) -> RequestBuilder {
        self.request(Method::POST, "/graphql").header("Apollo-Require-Preflight", "true")
    }

    /// Gets what stands at a whole address.
    pub async fn fetch(&self, url: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
        let response = self.http.get(url).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }

    /// Sends it and reads the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(request.send().await.unwrap()).await.unwrap()
    }

    /// Gets a path that is not GraphQL.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self.http.get(format!("http://{}{path}", self.address));
        self.send(request).await
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    /// The body, if it is JSON.
    pub json: Value,
}

impl Answer {
    async fn read(response: reqwest::Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Self { status, headers, json, text })
    }

    /// The value at a path in the data, such as `/me/username`.
    #[track_caller]
    pub fn data(&self, path: &str) -> &Value {
        let found = self.json.get("data").and_then(|data| data.pointer(path));
        found.unwrap_or_else(|| panic!("nothing at {path} in {}", self.json))
    }

    /// The code of the first top-level error.
    pub fn code(&self) -> Option<&str> {
        self.json.pointer("/errors/0/extensions/code")?.as_str()
    }

    /// A header, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How many SQL statements the operation took.
    #[track_caller]
    pub fn statements(&self) -> u32 {
        self.header("x-sql-statements").unwrap().parse().unwrap()
    }
}
