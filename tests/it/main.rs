//! All integration tests, in one binary: one link, one throw-away PostgreSQL.

#![cfg(test)] // All of it is tests, also to clippy, which lets tests panic.

mod account;
mod block;
mod cli;
mod clients;
mod comment;
mod counts;
mod embedded;
mod fanout;
mod feed;
mod follow;
mod gather;
mod generated;
mod http;
mod hub;
mod limits;
mod listen;
mod migrations;
mod moderation;
mod nested;
mod permissions;
mod plans;
mod post;
mod post_list;
mod post_pages;
mod queries;
mod realtime;
mod report;
mod retry;
mod rights;
mod schema;
mod seed;
mod server;
mod session;
mod slow;
mod sse;
mod storm;
mod support;
mod throttle;
mod token;
mod user;
mod vote;
mod walks;
mod websocket;
mod worlds;
