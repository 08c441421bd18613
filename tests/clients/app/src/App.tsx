import { ApolloProvider } from "@apollo/client/react";
import { Link, Route, Switch } from "wouter";

import { AccountPage } from "./account/AccountPage";
import { useConnection } from "./api/connection";
import { session } from "./api/session";
import { FeedPage } from "./feed/FeedPage";
import { FollowingPage } from "./feed/FollowingPage";
import { Header } from "./Header";
import { PersonPage } from "./people/PersonPage";
import { PostPage } from "./post/PostPage";
import { Empty } from "./ui/Message";
import { StartAtTop } from "./ui/StartAtTop";

export function App() {
  const { client } = useConnection();
  return (
    <ApolloProvider client={client}>
      <a className="skip" href="#main">
        Skip to the posts
      </a>
      <Header />
      <StartAtTop />
      <main id="main" tabIndex={-1}>
        {session.hasEnded() && (
          <p className="notice" role="alert">
            Your session has ended. <Link href="/sign-in">Sign in again</Link>
          </p>
        )}
        <Switch>
          <Route path="/">
            <FollowingPage />
          </Route>
          <Route path="/popular">
            <FeedPage title="Popular" orderBy="HOT" />
          </Route>
          <Route path="/newest">
            <FeedPage title="Newest" orderBy="NEWEST" />
          </Route>
          <Route path="/posts/:id">{({ id }) => <PostPage key={id} id={id} />}</Route>
          <Route path="/people/:username">
            {({ username }) => <PersonPage key={username} username={username} />}
          </Route>
          <Route path="/sign-in">
            <AccountPage key="sign-in" kind="sign-in" />
          </Route>
          <Route path="/register">
            <AccountPage key="register" kind="register" />
          </Route>
          <Route>
            <Empty title="There is no such page">Perhaps it has flown away.</Empty>
          </Route>
        </Switch>
      </main>
    </ApolloProvider>
  );
}
