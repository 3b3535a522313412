#include <gmock/gmock.h>

#include "auth/authenticator_for_test.hpp"

namespace tagwerk::auth {
namespace {

using namespace std::chrono_literals;

class KeyLogin : public Login {
 protected:
  MadeKey make(NewKey wanted) {
    auto made = await<Result<MadeKey>>(
        [&](auto done) { auth_.add_key(nullptr, std::move(wanted), now_.utc, std::move(done)); });
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }
  MadeKey make() { return make({.name = "grafana", .grants = {{"operator", "/Plant/A"}}}); }
  /// Until what was posted to the store's thread is done.
  void settle() {
    await<Status>([&](auto done) {
      EXPECT_TRUE(thread_.post([done = std::move(done)]() mutable { done({}); }));
    });
  }
};

TEST_F(KeyLogin, AKeyIsAPrincipalWithRightsOfItsOwn) {
  const auto key = make();
  for (int i = 0; i < 2; ++i) {  // remembered the second time
    const auto session = verify(key.text);
    ASSERT_TRUE(session) << session.error().message;
    EXPECT_EQ(session->principal->name(), "grafana");
    EXPECT_EQ(session->principal->identity(), "key 1");
    EXPECT_TRUE(session->principal->can(Right::write, "/Plant/A/T"));
    EXPECT_FALSE(session->principal->can(Right::read, "/Plant/B"));
    EXPECT_EQ(session->expires, UtcTime::max());
  }
}

TEST_F(KeyLogin, OddKeysAreNoKeys) {
  const auto key = make();
  auto wrong = key.text;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  for (const std::string& odd :
       {wrong, std::string("twk_"), key.text + "x", std::string("twk_") + std::string(43, 'A'),
        key.key.hash, std::string("twk_") + std::string(100'000, 'A')}) {
    const auto session = verify(odd);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().message, kBadToken);
  }
}

TEST_F(KeyLogin, ARevokedKeyStopsAtOnceAndSaysSo) {
  const auto key = make();
  ASSERT_TRUE(verify(key.text));
  ASSERT_TRUE(await<Result<ServiceKey>>(
      [&](auto done) { auth_.revoke_key(key.key.id, now_.utc, std::move(done)); }));
  const auto session = verify(key.text);
  ASSERT_FALSE(session);
  EXPECT_THAT(session.error().message, testing::HasSubstr("'grafana' was revoked at 2027-"));
}

TEST_F(KeyLogin, AKeyExpiresAlsoWhenItIsRemembered) {
  const auto key = make({.name = "short", .grants = {{"viewer", "/"}}, .expires = now_.utc + 10s});
  EXPECT_EQ(verify(key.text)->expires, now_.utc + 10s);
  pass(10s - 1ns);
  EXPECT_TRUE(verify(key.text));
  pass(1ns);
  EXPECT_THAT(verify(key.text).error().message, testing::HasSubstr("'short' expired at"));
}

TEST_F(KeyLogin, ItsUseIsStoredOnceAMinuteAndKnownExactly) {
  const auto key = make();
  const auto last = [&] { return auth_.directory().load()->find_key(key.key.id)->use->last(); };
  EXPECT_FALSE(last());
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(verify(key.text));
  settle();
  EXPECT_EQ(store_.uses_written, 1);
  for (int i = 0; i < 59; ++i) {
    pass(1s);
    ASSERT_TRUE(verify(key.text));
  }
  settle();
  EXPECT_EQ(store_.uses_written, 1);
  EXPECT_EQ(last(), now_.utc);
  pass(1s);
  ASSERT_TRUE(verify(key.text));
  settle();
  EXPECT_EQ(store_.uses_written, 2);
  EXPECT_EQ(store_.keys()->front().last_used, now_.utc);
}

TEST_F(KeyLogin, ABusyDatabaseIsNoReasonToRefuseAKey) {
  const auto key = make();
  thread_.refusing = true;
  EXPECT_TRUE(verify(key.text));
  thread_.refusing = false;
  store_.broken = true;
  pass(2min);
  EXPECT_TRUE(verify(key.text));
  settle();
  store_.broken = false;
}

TEST_F(KeyLogin, AChangedRoleHoldsForKeysAndTokensThatAreOut) {
  const auto role = [&](auto function, std::vector<std::string> rights) {
    return await<Result<Role>>([&](auto done) {
      (auth_.*function)(nullptr, {"shift", std::move(rights)}, std::move(done));
    });
  };
  ASSERT_TRUE(role(&Authenticator::add_role, {"read"}));
  const auto key = make({.name = "grafana", .grants = {{"shift", "/"}}});
  UserChange change_role;
  change_role.role = "shift";
  ASSERT_TRUE(change(anna_, change_role));
  const auto tokens = login("anna", "good password");
  EXPECT_FALSE(verify(key.text)->principal->can(Right::ack));
  EXPECT_FALSE(verify(tokens->access)->principal->can(Right::ack));
  ASSERT_TRUE(role(&Authenticator::change_role, {"read", "ack"}));
  EXPECT_TRUE(verify(key.text)->principal->can(Right::ack));
  EXPECT_TRUE(verify(tokens->access)->principal->can(Right::ack));
  EXPECT_EQ(await<Result<Role>>([&](auto done) { auth_.remove_role("shift", std::move(done)); })
                .error()
                .code,
            ErrorCode::conflict);
}

TEST_F(KeyLogin, WhoKeepsHisRightsStaysTheSamePrincipal) {
  const auto key = make();
  const auto before = verify(key.text)->principal;
  const auto anna = auth_.directory().load()->find(anna_)->principal;
  make({.name = "other", .grants = {{"viewer", "/"}}});
  EXPECT_EQ(verify(key.text)->principal, before);
  EXPECT_EQ(auth_.directory().load()->find(anna_)->principal, anna);
}

}  // namespace
}  // namespace tagwerk::auth
