#include "app/server_settings.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/settings_keys.hpp"
#include "base/directory_for_test.hpp"

namespace tagwerk::app {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Settings : public testing::Test {
 protected:
  Status read(const std::string& text) {
    const std::string file = directory / "tagwerk.yaml";
    std::ofstream(file) << text;
    settings = {};
    return read_settings(file, settings);
  }
  /// Where and what is wrong: "2:1: unknown key …".
  std::string fault(const std::string& text) {
    const Status done = read(text);
    if (done) return "(good)";
    const auto& where = done.error().where;
    return where ? fmt::format("{}:{}: {}", where->line, where->column, done.error().message)
                 : done.error().message;
  }
  std::string refusal(const std::string& text) {
    const Status done = read(text);
    EXPECT_TRUE(done) << done.error().message;
    const Status checked = check_settings(settings);
    return checked ? "(good)" : checked.error().message;
  }

  base::TestDirectory directory;
  ServerSettings settings;
};

TEST_F(Settings, AreReadFromTheFile) {
  ASSERT_TRUE(read(R"(
http: 0.0.0.0:8443
data: /var/lib/tagwerk
instance: plant
projects: [a.yaml, b.yaml]
io_threads: 3
tls: {certificate: c.pem, key: k.pem, min_version: 1.3}
hsts: 365d
base_path: /tagwerk
trusted_proxies: [127.0.0.1, 10.0.0.0/8, unix]
forwarded_header: Forwarded
cors_origins: ["https://hmi.example"]
limits: {connections: 200, connections_per_client: 20, idle_timeout: 5s, header_bytes: 4096}
backup: {enabled: false, time: 23:05, keep: 3, directory: /mnt/backup}
)"));
  EXPECT_EQ(settings.http.host, "0.0.0.0");
  EXPECT_EQ(settings.http.port, 8443);
  EXPECT_EQ(settings.data, "/var/lib/tagwerk");
  EXPECT_EQ(settings.instance, "plant");
  EXPECT_THAT(settings.projects, ElementsAre("a.yaml", "b.yaml"));
  EXPECT_EQ(settings.io_threads, 3);
  EXPECT_EQ(settings.tls.certificate, "c.pem");
  EXPECT_EQ(settings.tls.key, "k.pem");
  EXPECT_EQ(settings.tls.min_version, net::TlsVersion::v1_3);
  EXPECT_EQ(settings.hsts, 24h * 365);
  EXPECT_EQ(settings.base_path, "/tagwerk");
  EXPECT_THAT(settings.trusted_proxies, ElementsAre("127.0.0.1", "10.0.0.0/8", "unix"));
  EXPECT_EQ(settings.forwarded_header, net::ForwardedHeader::forwarded);
  EXPECT_THAT(settings.cors_origins, ElementsAre("https://hmi.example"));
  EXPECT_EQ(settings.limits.connections, 200u);
  EXPECT_EQ(settings.limits.connections_per_client, 20u);
  EXPECT_EQ(settings.limits.idle_timeout, 5s);
  EXPECT_EQ(settings.limits.header_bytes, 4096u);
  EXPECT_FALSE(settings.backup.enabled);
  EXPECT_EQ(settings.backup.time, 23h + 5min);
  EXPECT_EQ(settings.backup.keep, 3u);
  EXPECT_EQ(settings.backup.directory, "/mnt/backup");
  EXPECT_TRUE(check_settings(settings));
}

TEST_F(Settings, KeepTheirDefaultsWhereTheFileSaysNothing) {
  ASSERT_TRUE(read("tls:\nlimits: {}\nhttp:\n"));
  EXPECT_EQ(settings.http.host, "127.0.0.1");
  EXPECT_FALSE(settings.secure());
  EXPECT_EQ(settings.limits.connections, net::HttpLimits{}.connections);
}

TEST_F(Settings, RefuseAnUnknownKeyAndNameTheNearest) {
  EXPECT_EQ(fault("data: x\nhtpp: :80\n"), "2:1: unknown key 'htpp'; did you mean 'http'?");
  EXPECT_EQ(fault("tls: {certficate: x}\n"),
            "1:7: unknown key 'tls.certficate'; did you mean 'certificate'?");
  EXPECT_EQ(fault("limits:\n  conections: 5\n"),
            "2:3: unknown key 'limits.conections'; did you mean 'connections'?");
}

TEST_F(Settings, SayWhatAKeyTakes) {
  EXPECT_EQ(fault("io_threads: many\n"), "1:1: 'io_threads' takes a number from 1 to 64");
  EXPECT_EQ(fault("io_threads: 65\n"), "1:1: 'io_threads' takes a number from 1 to 64");
  EXPECT_EQ(fault("insecure: perhaps\n"), "1:1: 'insecure' takes true or false");
  EXPECT_EQ(fault("projects: a.yaml\n"), "1:1: 'projects' takes a list, like [a, b]");
  EXPECT_EQ(fault("data: [a]\n"), "1:1: 'data' takes one value");
  EXPECT_EQ(fault("tls: plant.pem\n"),
            "1:1: 'tls' takes keys of its own: certificate, key, min_version");
  EXPECT_EQ(fault("tls: {min_version: 1.1}\n"),
            "1:7: 'tls.min_version' takes 1.2 or 1.3, not '1.1'");
  EXPECT_EQ(fault("limits: {idle_timeout: 2d}\n"),
            "1:10: 'limits.idle_timeout' takes a time from 100ms to 1h, not '2d'");
  for (const char* time : {"24:00", "2:30", "02:60", "half past two", "02-30", "-1:30"})
    EXPECT_EQ(fault(fmt::format("backup: {{time: '{}'}}\n", time)),
              fmt::format("1:10: 'backup.time' takes a time of the day from 00:00 to 23:59, not "
                          "'{}'",
                          time));
  EXPECT_EQ(fault("backup: {keep: 0}\n"), "1:10: 'backup.keep' takes a number from 1 to 3650");
  EXPECT_THAT(fault("http: plant\n"), HasSubstr("is not an address to listen on"));
}

TEST_F(Settings, RefuseAnOpenAddressWithoutTlsAndNameTheRemedies) {
  for (const char* address : {":8080", "0.0.0.0:80", "192.0.2.7:80", "'[::]:80'"})
    EXPECT_THAT(refusal(fmt::format("http: {}\n", address)),
                AllOf(HasSubstr("can be reached by others"), HasSubstr("tls:"), HasSubstr("--lan"),
                      HasSubstr("insecure: true")))
        << address;
  for (const char* good :
       {"http: 127.0.0.1:80", "http: '[::1]:80'", "{http: ':80', insecure: true}",
        "{http: ':80', lan: true}", "{http: ':80', tls: {certificate: c.pem, key: k.pem}}"})
    EXPECT_EQ(refusal(good), "(good)") << good;
}

TEST_F(Settings, ListenOnAllAddressesForTheLan) {
  ASSERT_TRUE(read("{http: '127.0.0.1:9000', lan: true}"));
  EXPECT_TRUE(settings.listen_address().any());
  EXPECT_EQ(settings.listen_address().port, 9000);
  EXPECT_TRUE(settings.secure());
}

TEST_F(Settings, RefuseHalfACertificate) {
  EXPECT_EQ(refusal("tls: {certificate: c.pem}"),
            "'tls' needs both 'certificate' and 'key'; 'key' is missing");
  EXPECT_EQ(refusal("tls: {key: k.pem}"),
            "'tls' needs both 'certificate' and 'key'; 'certificate' is missing");
}

TEST_F(Settings, RefuseABasePathThatIsNone) {
  for (const char* path : {"tagwerk", "/", "/tagwerk/", "/a//b", "/../x", "/a b", "/%41", "/a?b"})
    EXPECT_THAT(refusal(fmt::format("base_path: '{}'", path)), HasSubstr("like /tagwerk")) << path;
  EXPECT_EQ(refusal("base_path: /plants/north-1"), "(good)");
}

TEST_F(Settings, NameTheProxyOrOriginThatIsNone) {
  EXPECT_THAT(refusal("trusted_proxies: [nginx]"),
              AllOf(HasSubstr("trusted_proxies: 'nginx'"), HasSubstr("10.0.0.0/8")));
  for (const char* origin : {"*", "plant.example", "https://plant.example/", "https://", "null"})
    EXPECT_THAT(refusal(fmt::format("cors_origins: ['{}']", origin)),
                HasSubstr(fmt::format("'{}' in cors_origins", origin)));
}

TEST(SettingsKeys, AreAllThereOnce) {
  std::vector<std::string_view> names;
  for (const SettingsKey& key : settings_keys()) {
    EXPECT_THAT(names, testing::Not(testing::Contains(key.name)));
    EXPECT_FALSE(key.what.empty());
    names.push_back(key.name);
  }
  EXPECT_THAT(names, testing::Contains("tls.certificate"));
}

}  // namespace
}  // namespace tagwerk::app
