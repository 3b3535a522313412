#include "access/explanation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tagwerk::access {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Explanation : public ::testing::Test {
 protected:
  Explanation() {
    tag.definition.path = "/P/Level";
    tag.definition.source = model::SourceDefinition{
        .connector = "plc1", .address = "HR:10", .dtype = "float32", .scale = 0.1};
    tag.definition.range = model::Range{0, 10};
    tag.period = std::chrono::seconds(1);
    tag.stale_after = std::chrono::seconds(3);
    connector.name = "plc1";
    connector.state = supervisor::ConnectorState::running;
    connector.devices.push_back(
        {.name = "default", .address = "10.0.0.5:502, unit 1", .error = "no answer within 1s"});
  }
  std::string about(model::Quality quality, std::string exception = "") {
    current.quality = quality;
    return explain({.tag = tag,
                    .current = current,
                    .connector = &connector,
                    .exception = std::move(exception)})
        .at(1);
  }

  model::PlantTag tag;
  engine::CurrentValue current;
  supervisor::ConnectorStatus connector;
};

TEST_F(Explanation, TellsSourceRegistersScalingQualityAndWhoWrote) {
  const store::AuditEntry write{.at = UtcTime(std::chrono::seconds(1)),
                                .who = "emma",
                                .new_value = "4.2",
                                .outcome = "BadTimeout",
                                .detail = "no answer"};
  EXPECT_THAT(explain({.tag = tag,
                       .current = current,
                       .connector = &connector,
                       .registers = "4248 0000",
                       .raw = "50",
                       .last_write = &write}),
              ElementsAre("It is read from HR:10 of device 'default' by connector 'plc1' every 1s.",
                          "The registers 4248 0000 mean 50; the value is raw × 0.1 + 0.",
                          "The value is good: the device answered, and what it said makes sense.",
                          "emma wrote 4.2 at 1970-01-01T00:00:01.000000Z: BadTimeout, no answer."));
}

TEST_F(Explanation, EveryQualityHasItsReasonAndRemedy) {
  EXPECT_THAT(about(model::kBadNoCommunication),
              AllOf(HasSubstr("10.0.0.5:502, unit 1"), HasSubstr("no answer within 1s"),
                    HasSubstr("check cable")));
  EXPECT_THAT(about(model::kBadNoCommunication, "exception 11 (gateway target failed)"),
              AllOf(HasSubstr("nobody behind it"), HasSubstr("exception 11")));
  EXPECT_THAT(about(model::kBadNotReadable, "exception 2 (illegal data address)"),
              AllOf(HasSubstr("base: 1"), HasSubstr("exception 2")));
  EXPECT_THAT(about(model::kBadDeviceFailure), HasSubstr("look at the device"));
  EXPECT_THAT(about(model::kUncertainEngineeringUnitsExceeded), HasSubstr("range of 0 to 10"));
  EXPECT_THAT(about(model::kUncertainLastUsableValue),
              AllOf(HasSubstr("longer than 3s"), HasSubstr("'plc1' is running")));
  EXPECT_THAT(about(model::kBadWaitingForInitialData), HasSubstr("No value has come"));
  EXPECT_THAT(about(model::kBadTypeMismatch), HasSubstr("type float"));
  EXPECT_THAT(about(model::Quality{0x80070000}), HasSubstr("float32"));
  EXPECT_THAT(about(model::kBad), HasSubstr("log"));
}

TEST_F(Explanation, SaysWhatKeepsTheConnectorFromServing) {
  connector.state = supervisor::ConnectorState::stopped;
  connector.detail = "stopped by emma";
  EXPECT_THAT(about(model::kBadNotConnected), HasSubstr("'plc1' is stopped: stopped by emma"));
  connector.faults = {"/P/Other: no", "/P/Level: unknown Modbus dtype 'real'"};
  EXPECT_THAT(about(model::kBadConfigurationError),
              HasSubstr("cannot serve this tag: unknown Modbus dtype 'real'"));
}

TEST_F(Explanation, ATagWithoutSourceShowsWhatWasWritten) {
  tag.definition.source.reset();
  EXPECT_EQ(about(model::kGood), "The value is good.");
  EXPECT_THAT(about(model::kBadWaitingForInitialData), HasSubstr("Nothing was written"));
  EXPECT_EQ(describe_scaling(tag.definition), "");
}

TEST_F(Explanation, LostValuesAreMentioned) {
  current.quality = model::kGood.with_overflow();
  EXPECT_THAT(explain({.tag = tag, .current = current}), Contains(HasSubstr("dropped")));
}

TEST_F(Explanation, ScalingIsWrittenAsACalculation) {
  auto& source = *tag.definition.source;
  source.offset = -40;
  source.clamp = model::Range{-40, 150};
  EXPECT_EQ(describe_scaling(tag.definition), "raw × 0.1 - 40, limited to -40 … 150");
  source = {.connector = "plc1", .address = "HR:1"};
  EXPECT_EQ(describe_scaling(tag.definition), "raw");
}

}  // namespace
}  // namespace tagwerk::access
