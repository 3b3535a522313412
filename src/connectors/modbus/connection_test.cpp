#include "connectors/modbus/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/modbus/schema.hpp"
#include "connectors/modbus/settings_for_test.hpp"

namespace tagwerk::connectors::modbus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string why_not(std::string_view text) {
  DeviceSettings device;
  const auto read = read_connection(text, device);
  return read ? "" : read.error().message;
}

TEST(ModbusConnection, HasTheDefaultsOfItsForm) {
  DeviceSettings device;
  ASSERT_TRUE(read_connection("connector=Modbus; host=10.0.0.5", device));
  EXPECT_EQ(device.to_string(), "10.0.0.5:502, unit 1");
  EXPECT_EQ(device.timeout, std::chrono::seconds(5));
  EXPECT_TRUE(device.auto_open);
  EXPECT_TRUE(device.auto_close);
}

TEST(ModbusConnection, ReadsBackWhatItWrites) {
  DeviceSettings device;
  ASSERT_TRUE(read_connection(
      "auto_close=false; timeout=0.5; unit_id=7; PORT=1502; host=\"plc 1\"; connector=modbus;",
      device));
  EXPECT_EQ(connection_of(device),
            "connector=modbus; host=plc 1; port=1502; unit_id=7; timeout=0.5; auto_open=true; "
            "auto_close=false");
  DeviceSettings again;
  ASSERT_TRUE(read_connection(connection_of(device), again));
  EXPECT_EQ(again, device);
}

TEST(ModbusConnection, NamesWhatIsWrong) {
  EXPECT_EQ(why_not("connector=modbus; hots=10.0.0.5"),
            "unknown key 'hots' in the connection string; did you mean 'host'?");
  EXPECT_EQ(why_not("connector=opcua; url=opc.tcp://a"),
            "the connection string is for connector 'opcua', this one is of type modbus");
  EXPECT_EQ(why_not("connector=modbus"),
            "'host' is missing in the connection string; add host=ADDRESS");
  EXPECT_EQ(why_not("connector=modbus; host=a; port=0"),
            "'port' in the connection string must be a whole number from 1 to 65535, not '0'");
  EXPECT_THAT(why_not("connector=modbus; host=a; unit_id=x"), HasSubstr("'unit_id'"));
  EXPECT_THAT(why_not("connector=modbus; host=a; timeout=61"), HasSubstr("at most 1m"));
  EXPECT_THAT(why_not("connector=modbus; host=a; auto_open=maybe"), HasSubstr("true or false"));
}

TEST(ModbusConnection, IsASettingOfAConnectorOrOfADevice) {
  EXPECT_THAT(
      faults("connection: connector=modbus; host=10.0.0.5; auto_close=false\norder: CDAB\n"),
      IsEmpty());
  const auto devices = connector(
      "timeout: 2s\ndevices:\n  a: {connection: connector=modbus;host=h;unit_id=3}\n  b: {host: "
      "g}\n");
  model::Faults none("");
  const Settings settings = read_settings(devices.settings, "plc", none);
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(settings.find("a")->to_string(), "h:502, unit 3");
  EXPECT_EQ(settings.find("a")->timeout, std::chrono::seconds(5));
  EXPECT_EQ(settings.find("b")->timeout, std::chrono::seconds(2));
  EXPECT_EQ(Schema().connection_string(devices, "a"),
            "connector=modbus; host=h; port=502; unit_id=3; timeout=5; auto_open=true; "
            "auto_close=true");
  EXPECT_THAT(Schema().connection_string(devices, "c").error().message, HasSubstr("no device 'c'"));
}

TEST(ModbusConnection, FaultsHaveAPlaceAndNothingIsSaidTwice) {
  EXPECT_THAT(faults("period: 1s\nconnection: connector=modbus; hots=h\n"),
              ElementsAre(testing::AllOf(HasSubstr("plant.yaml:2:"), HasSubstr("'hots'"))));
  EXPECT_THAT(faults("connection: connector=modbus; host=h\nport: 502\n"),
              ElementsAre(HasSubstr("'port' is given beside 'connection'")));
  EXPECT_THAT(faults("connection: connector=modbus; host=h; auto_open=false\n"),
              ElementsAre(HasSubstr("would read once and never again")));
  EXPECT_THAT(faults("connection: \"${PLC1}\"\n"), IsEmpty());
  EXPECT_THAT(faults("host: h\nbase: 2\n"), ElementsAre(HasSubstr("from 0 to 1")));
}

}  // namespace
}  // namespace tagwerk::connectors::modbus
