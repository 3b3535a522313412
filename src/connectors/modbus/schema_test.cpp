#include "connectors/modbus/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/modbus/settings.hpp"
#include "connectors/modbus/settings_for_test.hpp"

namespace tagwerk::connectors::modbus {
namespace {

Status source(std::string address, std::string dtype, std::string write = "",
              model::Type type = model::Type::floating, std::string device = "default") {
  model::TagDefinition tag;
  tag.path = "/Tag";
  tag.type = type;
  tag.write = std::move(write);
  tag.source.emplace();
  tag.source->address = std::move(address);
  tag.source->dtype = std::move(dtype);
  tag.source->device = std::move(device);
  return Schema().check_source(connector("{host: h}"), tag);
}

TEST(ModbusSchema, NamesKeyPlaceAndRemedy) {
  EXPECT_THAT(faults("host: 10.0.0.5\nport: 1502\nunit: 3\nperiod: 500ms\norder: CDAB\n"),
              testing::IsEmpty());
  EXPECT_THAT(faults("host: h\nprot: 1502\n"),
              testing::ElementsAre(testing::AllOf(testing::HasSubstr("plant.yaml:2:"),
                                                  testing::HasSubstr("did you mean 'port'"))));
  EXPECT_THAT(faults("port: 1502\n"),
              testing::ElementsAre(testing::HasSubstr("'host' is missing")));
  EXPECT_THAT(faults("host: h\nport: 0\n"), testing::ElementsAre(testing::HasSubstr("1 to 65535")));
  EXPECT_THAT(faults("host: h\nunit: 1.5\n"), testing::ElementsAre(testing::HasSubstr("1.5")));
  EXPECT_THAT(faults("host: h\norder: ABDC\n"), testing::ElementsAre(testing::HasSubstr("CDAB")));
  EXPECT_THAT(faults("host: h\ntimeout: 2h\n"), testing::ElementsAre(testing::HasSubstr("1m")));
}

TEST(ModbusSchema, DevicesInheritWhatTheTopSays) {
  const auto definition = connector(
      "host: gateway\ntimeout: 3s\ndevices:\n  a: {unit: 7}\n  b: {host: other, order: DCBA}\n");
  model::Faults none("");
  const Settings settings = read_settings(definition.settings, "plc", none);
  EXPECT_EQ(none.count(), 0u);
  ASSERT_EQ(settings.devices.size(), 2u);
  EXPECT_EQ(settings.find("a")->to_string(), "gateway:502, unit 7");
  EXPECT_EQ(settings.find("a")->timeout, std::chrono::seconds(3));
  EXPECT_EQ(settings.find("b")->host, "other");
  EXPECT_EQ(settings.find("default"), nullptr);
  EXPECT_EQ(*settings.find("b"), *read_device_settings(definition.settings, "b"));
}

TEST(ModbusSchema, FaultsInADeviceAreNamedWithIt) {
  EXPECT_THAT(faults("devices:\n  a: {unit: 300}\n"),
              testing::UnorderedElementsAre(
                  testing::AllOf(testing::HasSubstr("plant.yaml:2:"),
                                 testing::HasSubstr("device 'a'"), testing::HasSubstr("300")),
                  testing::HasSubstr("'host' is missing")));
  EXPECT_THAT(faults("devices: []\n"), testing::Not(testing::IsEmpty()));
}

TEST(ModbusSchema, ChecksAddressTypeAndWritability) {
  EXPECT_TRUE(source("HR:10", "float32", "operator"));
  EXPECT_TRUE(source("40011", ""));
  EXPECT_FALSE(source("HR:65535", "float32"));
  EXPECT_FALSE(source("CO:1", "int16"));
  EXPECT_FALSE(source("HR:1", "", "", model::Type::string));
  const auto read_only = source("IR:1", "", "operator");
  ASSERT_FALSE(read_only);
  EXPECT_THAT(read_only.error().message, testing::HasSubstr("cannot be written"));
  const auto unknown = source("HR:1", "", "", model::Type::floating, "defualt");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("did you mean 'default'"));
}

TEST(ModbusSchema, ThePeriodIsTheDevicesElseTheConnectorsElseASecond) {
  model::SourceDefinition source;
  source.device = "a";
  const Schema schema;
  EXPECT_EQ(
      schema.default_period(connector("{period: 2s, devices: {a: {host: h, period: 5s}}}"), source),
      std::chrono::seconds(5));
  EXPECT_EQ(schema.default_period(connector("{period: 2s, devices: {a: {host: h}}}"), source),
            std::chrono::seconds(2));
  EXPECT_EQ(schema.default_period(connector("{devices: {a: {host: h}}}"), source),
            std::chrono::seconds(1));
}

}  // namespace
}  // namespace tagwerk::connectors::modbus
