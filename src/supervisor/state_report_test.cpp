#include "supervisor/state_report.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::supervisor {
namespace {

constexpr const char* kReport =
    R"({"state": "running", "revision": 7, "bindings": 60, "faults": 0,
        "buffered": {"frames": 1, "bytes": 20, "samples": 3}, "dropped": 4,
        "devices": {"plc1": {"state": "connected", "since": "2026-11-20T23:19:33Z", "error": "",
          "bindings": 60, "polls": 1200, "failed": 1, "overruns": 2, "writes": 3,
          "writes_failed": 1, "connects": 5, "latency_us": {"p50": 900, "p99": 2100}}}})";

ConnectorStatus status_from(const std::string& json) {
  ConnectorStatus status;
  add_state_report(json, status);
  return status;
}

TEST(StateReport, IsTakenOver) {
  const ConnectorStatus status = status_from(kReport);
  EXPECT_EQ(status.buffered, 3u);
  EXPECT_EQ(status.dropped, 4u);
  ASSERT_EQ(status.devices.size(), 1u);
  const DeviceStatus& device = status.devices[0];
  EXPECT_EQ(device.name, "plc1");
  EXPECT_EQ(device.state, "connected");
  EXPECT_EQ(device.bindings, 60u);
  EXPECT_EQ(device.polls, 1200u);
  EXPECT_EQ(device.writes_failed, 1u);
  EXPECT_EQ(device.latency_p99_us, 2100);
}

TEST(StateReport, NumbersThatDoNotFitAndOtherTypesAreLeftOut) {
  const ConnectorStatus status = status_from(
      R"({"dropped": -1, "buffered": {"samples": 1e300}, "devices": {"a": {"bindings": 4294967296,
          "polls": "many", "state": 7, "error": null, "latency_us": [1], "bad": -5}, "b": 3}})");
  EXPECT_EQ(status.dropped, 0u);
  EXPECT_EQ(status.buffered, 0u);
  ASSERT_EQ(status.devices.size(), 2u);
  EXPECT_EQ(status.devices[0].bindings, 0u);
  EXPECT_EQ(status.devices[0].bad, 0u);
  EXPECT_EQ(status.devices[0].state, "");
}

TEST(StateReport, WhatIsNoReportChangesNothing) {
  for (const std::string text :
       {"", "null", "[]", "7", "{\"devices\": []}", "{\"buffered\": 3}", "{\"devices\"", "\xff"}) {
    const ConnectorStatus status = status_from(text);
    EXPECT_EQ(status.buffered, 0u) << text;
    EXPECT_TRUE(status.devices.empty()) << text;
  }
  EXPECT_TRUE(status_from(std::string(100'000, '[')).devices.empty());
}

TEST(StateReport, TextsAndDevicesAreBounded) {
  std::string devices;
  for (int i = 0; i < 3000; ++i)
    devices += (i == 0 ? "\"d" : ",\"d") + std::to_string(i) + "\": {}";
  EXPECT_EQ(status_from("{\"devices\": {" + devices + "}}").devices.size(), 1000u);

  std::string umlauts;
  for (int i = 0; i < 2000; ++i)
    umlauts += "\xc3\xa4";
  const auto status = status_from("{\"devices\": {\"d\": {\"error\": \"x" + umlauts + "\"}}}");
  EXPECT_EQ(status.devices[0].error.size(), 999u) << "cut at a character";
}

RC_GTEST_PROP(StateReport, DamageIsSurvived, (std::size_t place, char byte)) {
  std::string text = kReport;
  text[place % text.size()] = byte;
  (void)status_from(text);
  (void)status_from(text.substr(0, place % text.size()));
}

}  // namespace
}  // namespace tagwerk::supervisor
