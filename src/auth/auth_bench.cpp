#include <benchmark/benchmark.h>

#include "auth/authenticator.hpp"
#include "auth/memory_accounts.hpp"

namespace tagwerk::auth {
namespace {

constexpr UtcTime kNow{std::chrono::seconds(1'800'000'000)};

Claims claims() {
  return {.subject = "anna",
          .user = 1,
          .id = "AAAAAAAAAAAAAAAA.AAAAAAAA.AAAAAAAA",
          .role = "operator",
          .issued = std::chrono::floor<std::chrono::seconds>(kNow),
          .expires = std::chrono::floor<std::chrono::seconds>(kNow) + std::chrono::seconds(900)};
}

void decode(benchmark::State& state) {
  const auto keys = *KeyRing::make({std::string(32, 'k')});
  const std::string token = encode_token(claims(), keys);
  for (auto _ : state)
    benchmark::DoNotOptimize(decode_token(token, keys, kNow));
}
BENCHMARK(decode);

void verify_again(benchmark::State& state) {
  MemoryAccounts store;
  const auto hash = *hash_password("good password");
  benchmark::DoNotOptimize(UserAdmin(store).add({.name = "anna", .password_hash = hash}, kNow));
  PasswordHasher hasher;
  Authenticator auth(store, hasher, [](auto task) { return task(), Status{}; },
                     *KeyRing::make({std::string(32, 'k')}), {});
  benchmark::DoNotOptimize(auth.start(kNow));
  std::string token;
  std::atomic<bool> done{false};
  auth.login("anna", "good password", "::1", {kNow, {}}, [&](auto tokens) {
    token = tokens->access;
    done = true;
    done.notify_one();
  });
  done.wait(false);
  for (auto _ : state)
    benchmark::DoNotOptimize(auth.verify(token, kNow));
}
BENCHMARK(verify_again);

void verify_a_key_again(benchmark::State& state) {
  MemoryAccounts store;
  PasswordHasher hasher;
  Authenticator auth(store, hasher, [](auto task) { return task(), Status{}; },
                     *KeyRing::make({std::string(32, 'k')}), {});
  std::string key;
  auth.add_key(nullptr, {.name = "grafana", .grants = {{"viewer", "/"}}}, kNow,
               [&](Result<MadeKey> made) { key = made->text; });
  for (auto _ : state)
    benchmark::DoNotOptimize(auth.verify(key, kNow));
}
BENCHMARK(verify_a_key_again);

void can_read(benchmark::State& state) {
  const Principal user(1, "anna",
                       {{*find_builtin_role("viewer"), "/Plant/A"},
                        {*find_builtin_role("operator"), "/Plant/PumpHouse/Pump1"}});
  for (auto _ : state)
    benchmark::DoNotOptimize(user.can(Right::read, "/Plant/PumpHouse/Pump1/Pressure"));
}
BENCHMARK(can_read);

void hash_a_password(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(hash_password("good password"));
}
BENCHMARK(hash_a_password)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tagwerk::auth

BENCHMARK_MAIN();
