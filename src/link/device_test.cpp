#include "link/device.hpp"

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "link/server_for_test.hpp"

namespace tagwerk::link {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

/// Accepts connections; whether it answers is up to the test.
class MoodyConnector final : public Connector {
 public:
  explicit MoodyConnector(boost::asio::io_context& loop) : loop_(loop) {}

  std::string type() const override { return "moody"; }
  void start(boost::asio::io_context&, ConnectorHost&) override {}
  Result<std::vector<BindingProblem>> configure(const ConnectorConfiguration&) override {
    return std::vector<BindingProblem>{};
  }
  void connect(const std::string&, Done done) override {
    ++connects;
    boost::asio::post(loop_, [done = std::move(done)]() mutable { done(Status{}); });
  }
  void disconnect(const std::string&) override {}
  void poll(const ScanGroup&, PollDone done) override {
    PollOutcome outcome;
    if (mute) outcome.device = fail(ErrorCode::timeout, "no answer within 1s");
    outcome.asked = asking;
    boost::asio::post(loop_, [done = std::move(done), outcome = std::move(outcome)]() mutable {
      done(std::move(outcome));
    });
  }
  void write(const WriteOrder& order, WriteDone done) override {
    written.push_back({order.binding.handle});
    const bool sent = order.value.is_number();
    done({sent ? model::kGood : model::kBadTypeMismatch, "", Value(), {}, sent});
  }
  bool joins(const WriteOrder& first, const WriteOrder& next) const override {
    return first.binding.address == next.binding.address;
  }
  void write_joined(std::vector<WriteOrder> orders, WritesDone done) override {
    written.emplace_back();
    std::vector<WriteOutcome> outcomes;
    for (const WriteOrder& each : orders) {
      written.back().push_back(each.binding.handle);
      outcomes.push_back({each.binding.handle == 2 ? model::kBadOutOfRange : model::kGood, "", {}});
    }
    done(std::move(outcomes));
  }

  bool mute = false;
  bool asking = true;
  std::size_t connects = 0;
  std::vector<std::vector<std::uint32_t>> written;  ///< handles of each request

 private:
  boost::asio::io_context& loop_;
};

class LinkDevice : public testing::Test, private DeviceSink {
 protected:
  LinkDevice() {
    group.period = milliseconds(5);
    group.bindings.resize(1);
    device->configure({&group}, {0});
  }
  ~LinkDevice() override { device->shut_down("the test is over"); }

  template <class Condition>
  bool until(Condition condition) {
    return run_until(loop, condition);
  }
  PendingWrite write_of(std::uint32_t handle, std::string address, Value value) {
    PendingWrite out{handle, {}};
    out.order.binding.handle = handle;
    out.order.binding.address = std::move(address);
    out.order.value = std::move(value);
    out.order.deadline = base::mono_now() + std::chrono::seconds(10);
    return out;
  }

  boost::asio::io_context loop;
  MoodyConnector connector{loop};
  ScanGroup group;
  std::vector<DeviceState> states;  ///< one for each change
  std::map<std::uint64_t, Quality> written;
  std::shared_ptr<Device> device = std::make_shared<Device>(
      loop, connector, static_cast<DeviceSink&>(*this), "plc", base::mono_now());

 private:
  void on_samples(std::vector<Sample>) override {}
  void on_written(std::uint64_t id, WriteOutcome outcome) override {
    written[id] = outcome.quality;
  }
  void on_log(ConnectorLog, std::string_view) override {}
  void on_change() override { states.push_back(device->state()); }
  void on_idle() override {}
};

TEST_F(LinkDevice, IsConnectedWhenItHasAnsweredAndNotBefore) {
  ASSERT_TRUE(until([&] { return connector.connects == 1; }));
  EXPECT_EQ(device->state(), DeviceState::connecting);
  ASSERT_TRUE(until([&] { return device->state() == DeviceState::connected; }));
}

TEST_F(LinkDevice, AMuteDeviceStaysUnreachableHoweverOftenItAcceptsAConnection) {
  connector.mute = true;
  ASSERT_TRUE(until([&] { return device->state() == DeviceState::unreachable; }));
  states.clear();
  ASSERT_TRUE(until([&] { return connector.connects >= 3; }));
  EXPECT_THAT(states, Not(Contains(DeviceState::connected)));
  EXPECT_THAT(states, Not(Contains(DeviceState::connecting)));
  connector.mute = false;
  ASSERT_TRUE(until([&] { return device->state() == DeviceState::connected; }));
}

TEST_F(LinkDevice, WhatWasNotSentIsNoProofThatItAnswers) {
  connector.asking = false;
  ASSERT_TRUE(until([&] { return connector.connects == 1; }));
  device->write(write_of(1, "A", Value::string("no number")));
  ASSERT_TRUE(until([&] { return written.contains(1); }));
  EXPECT_EQ(device->state(), DeviceState::connecting);
  device->write(write_of(2, "A", Value::of(1.0)));
  ASSERT_TRUE(until([&] { return device->state() == DeviceState::connected; }));
}

TEST_F(LinkDevice, WritesThatJoinGoTogetherAndEachHasItsOwnOutcome) {
  device->write(write_of(1, "A", Value::of(1.0)));
  device->write(write_of(2, "A", Value::of(1.0)));
  device->write(write_of(3, "B", Value::of(1.0)));
  device->write(write_of(4, "A", Value::of(1.0)));
  ASSERT_TRUE(until([&] { return written.size() == 4; }));
  EXPECT_THAT(connector.written, ElementsAre(ElementsAre(1, 2), ElementsAre(3), ElementsAre(4)));
  EXPECT_EQ(written[1], model::kGood);
  EXPECT_EQ(written[2], model::kBadOutOfRange);
  EXPECT_EQ(device->counters().writes, 4u);
  EXPECT_EQ(device->counters().writes_failed, 1u);
}

}  // namespace
}  // namespace tagwerk::link
