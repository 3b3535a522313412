#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

#include "connectors/modbus/connector.hpp"
#include "link/runtime.hpp"
#include "link/server_for_test.hpp"

namespace tagwerk {
namespace {

using std::chrono::milliseconds;

constexpr const char* kPython = "/usr/bin/python3";

bool pymodbus_is_installed() {
  return std::system("/usr/bin/python3 -c 'import pymodbus' >/dev/null 2>&1") == 0;
}

/// pymodbus_server.py as a process of its own.
class PymodbusServer {
 public:
  PymodbusServer() {
    int ends[2];
    if (::pipe(ends) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::execl(kPython, kPython, TAGWERK_INTEROP_DIRECTORY "/pymodbus_server.py", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::FILE* out = ::fdopen(ends[0], "r");
    if (std::fscanf(out, "%d", &port_) != 1) port_ = 0;
    std::fclose(out);
  }
  ~PymodbusServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  PymodbusServer(const PymodbusServer&) = delete;
  PymodbusServer& operator=(const PymodbusServer&) = delete;
  /// Half-open: its kernel takes what we send, nobody answers.
  void freeze() const { ::kill(pid_, SIGSTOP); }
  void thaw() const { ::kill(pid_, SIGCONT); }
  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

class PymodbusPeer : public testing::Test {
 protected:
  void SetUp() override {
    if (!pymodbus_is_installed()) GTEST_SKIP() << "python3-pymodbus IS NOT INSTALLED";
    peer = std::make_unique<PymodbusServer>();
    ASSERT_GT(peer->port(), 0) << "the pymodbus server did not start";
    server.acknowledging = true;
    server.listen();
  }
  ~PymodbusPeer() override {
    server.kill();
    if (runtime) runtime->stop("the test is over");
  }
  void add(std::string address, std::string dtype, model::Type type, std::string order = "") {
    Binding binding;
    binding.handle = static_cast<std::uint32_t>(bindings.size());
    binding.device = "default";
    binding.address = std::move(address);
    binding.dtype = std::move(dtype);
    binding.order = std::move(order);
    binding.type = type;
    binding.period = milliseconds(50);
    binding.writable = binding.address.starts_with("HR") || binding.address.starts_with("CO");
    bindings.push_back(std::move(binding));
  }
  void start() {
    link::RunOptions options;
    options.name = "plc";
    options.link = directory / "link.sock";
    options.data = directory / "plc";
    runtime = std::make_unique<link::Runtime>(
        loop, options, std::make_unique<connectors::modbus::ModbusConnector>("plc"));
    ASSERT_TRUE(runtime->start([](int) {}));
    ASSERT_TRUE(until([&] { return server.is_up(); }));
    server.send(link::Configuration{
        1, fmt::format(R"({{"host":"127.0.0.1","port":{},"timeout":"500ms"}})", peer->port()),
        bindings});
    ASSERT_TRUE(until([&] { return server.configured.size() == 1; }));
    ASSERT_TRUE(server.configured[0].faults.empty());
  }
  template <class Condition>
  bool until(Condition condition) {
    return link::run_until(loop, condition, std::chrono::seconds(20));
  }
  const Sample* last(std::uint32_t handle) const {
    for (auto each = server.samples.rbegin(); each != server.samples.rend(); ++each)
      if (each->slot == handle) return &*each;
    return nullptr;
  }
  bool is(std::uint32_t handle, Quality quality) const {
    const Sample* sample = last(handle);
    return sample != nullptr && sample->quality == quality;
  }
  bool shows(std::uint32_t handle, const Value& value) const {
    return is(handle, model::kGood) && last(handle)->value == value;
  }
  link::WriteResult write(std::uint32_t handle, Value value) {
    const std::size_t before = server.results.size();
    server.send(link::Write{before + 1, 1, handle, 3000, true, std::move(value)});
    EXPECT_TRUE(until([&] { return server.results.size() > before; }));
    return server.results.empty() ? link::WriteResult{} : server.results.back();
  }

  boost::asio::io_context loop;
  link::TestDirectory directory;
  link::LinkServer server{loop, directory / "link.sock"};
  std::unique_ptr<PymodbusServer> peer;
  std::vector<Binding> bindings;
  std::unique_ptr<link::Runtime> runtime;
};

TEST_F(PymodbusPeer, IsReadAndWrittenWithReadBackInEveryTypeAndOrder) {
  add("HR:100", "uint16", model::Type::integer);
  add("IR:101", "int16", model::Type::integer);
  add("CO:3", "", model::Type::boolean);
  for (const char* order : {"ABCD", "CDAB", "BADC", "DCBA"}) {
    add(fmt::format("HR:{}", 200 + bindings.size() * 4), "float32", model::Type::floating, order);
    add(fmt::format("HR:{}", 200 + bindings.size() * 4), "int32", model::Type::integer, order);
  }
  start();
  ASSERT_TRUE(until([&] {
    return shows(0, Value::of(std::int64_t{100})) && shows(1, Value::of(std::int64_t{101}));
  }));
  EXPECT_EQ(write(0, Value::of(std::int64_t{65535})).quality, model::kGood);
  EXPECT_EQ(write(2, Value::of(true)).quality, model::kGood);
  for (std::uint32_t handle = 3; handle < bindings.size(); handle += 2) {
    EXPECT_EQ(write(handle, Value::of(-2.5)).value, Value::of(-2.5));
    EXPECT_EQ(write(handle + 1, Value::of(std::int64_t{-70000})).value,
              Value::of(std::int64_t{-70000}));
  }
  EXPECT_TRUE(until([&] {
    return shows(2, Value::of(true)) && shows(3, Value::of(-2.5)) &&
           shows(10, Value::of(std::int64_t{-70000}));
  }));
}

TEST_F(PymodbusPeer, ARegisterItDoesNotHaveTurnsBadAlone) {
  for (int i = 480; i < 530; ++i)
    add(fmt::format("HR:{}", i), "", model::Type::integer);
  start();
  const auto right = [&](std::uint32_t handle) {
    const int address = 480 + static_cast<int>(handle);
    if (address >= 500 && address < 510) return is(handle, model::kBadNotReadable);
    return shows(handle, Value::of(std::int64_t{address}));
  };
  ASSERT_TRUE(until([&] {
    for (std::uint32_t handle = 0; handle < 50; ++handle)
      if (!right(handle)) return false;
    return true;
  }));
}

TEST_F(PymodbusPeer, ItsCounterShowsThatNoPollIsLostOrDoubledWhileTheServerIsKilled) {
  add("HR:900", "", model::Type::integer);
  start();
  const auto counts = [&] {
    std::vector<std::int64_t> out;
    for (const Sample& each : server.samples)
      if (each.quality == model::kGood) out.push_back(each.value.as_int());
    return out;
  };
  for (int round = 0; round < 3; ++round) {
    const std::size_t seen = counts().size();
    ASSERT_TRUE(until([&] { return counts().size() >= seen + 5; }));
    server.kill();
    const MonoTime killed = base::mono_now();
    ASSERT_TRUE(until([&] { return base::mono_now() - killed > milliseconds(500); }));
    server.listen();
    ASSERT_TRUE(until([&] { return server.is_up(); }));
  }
  ASSERT_TRUE(until([&] { return counts().size() >= 40; }));
  const auto all = counts();
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_EQ(all[i], all[i - 1] + 1);
}

TEST_F(PymodbusPeer, HalfOpenTurnsBadAndRecovers) {
  add("HR:1", "", model::Type::integer);
  start();
  ASSERT_TRUE(until([&] { return is(0, model::kGood); }));
  peer->freeze();
  ASSERT_TRUE(until([&] { return is(0, model::kBadNoCommunication); }));
  peer->thaw();
  const MonoTime thawed = base::mono_now();
  ASSERT_TRUE(until([&] { return is(0, model::kGood); }));
  EXPECT_LT(base::mono_now() - thawed, std::chrono::seconds(7));
}

}  // namespace
}  // namespace tagwerk
