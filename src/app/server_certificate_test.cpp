#include "app/server_certificate.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/tls_for_test.hpp"

namespace tagwerk::app {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class Certificates : public testing::Test {
 protected:
  void load() {
    auto loaded = ServerCertificate::load(files.files(), std::nullopt);
    ASSERT_TRUE(loaded) << loaded.error().message;
    certificate = std::move(*loaded);
    certificate->tell([this](const ServerCertificate::Context& fresh) { told.push_back(fresh); });
  }
  std::string subject() const { return certificate->context()->certificate().subject; }
  void look(int times = 2) {
    for (int i = 0; i < times; ++i)
      certificate->check(base::utc_now());
  }
  access::PartStatus status() const { return certificate->status(base::utc_now()); }

  net::TestCertificate files{{"first"}, std::chrono::hours(24 * 100)};
  std::unique_ptr<ServerCertificate> certificate;
  std::vector<ServerCertificate::Context> told;
};

TEST_F(Certificates, AreLoadedAgainWhenTheirFilesHaveChanged) {
  load();
  look();
  EXPECT_TRUE(told.empty());
  files.write({"second"}, 24h * 100);
  look();
  EXPECT_EQ(subject(), "second");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0], certificate->context());
  look(5);
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(Certificates, AreNotTakenWhileTheirFilesStillChange) {
  load();
  files.write({"second"}, 24h * 100);
  look(1);
  EXPECT_EQ(subject(), "first");
  files.write({"third"}, 24h * 100);
  look(1);
  EXPECT_EQ(subject(), "first");
  look(1);
  EXPECT_EQ(subject(), "third");
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(Certificates, StayWhenTheNewOneIsBrokenAndTheStatusSaysWhy) {
  load();
  files.write_file("certificate.pem", "garbage");
  look();
  EXPECT_EQ(subject(), "first");
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(status().state, "bad");
  EXPECT_THAT(status().detail,
              AllOf(HasSubstr(files.certificate()), HasSubstr("holds no certificate"),
                    HasSubstr("certificate of first"), HasSubstr("stays in use")));
  files.write({"second"}, 24h * 100);
  look();
  EXPECT_EQ(subject(), "second");
  EXPECT_EQ(status().state, "good");
}

TEST_F(Certificates, StayWhenTheirFilesAreGone) {
  load();
  std::filesystem::remove(files.files().key);
  look();
  EXPECT_EQ(subject(), "first");
  EXPECT_THAT(status().detail, HasSubstr("cannot read"));
}

TEST_F(Certificates, AreLoadedAtOnceWhenAskedFor) {
  load();
  files.write({"second"}, 24h * 100);
  certificate->reload();
  EXPECT_EQ(subject(), "second");
  certificate->tell({});
  certificate->reload();
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(Certificates, SayHowLongTheyAreGood) {
  load();
  const UtcTime end = certificate->context()->certificate().not_after;
  EXPECT_EQ(certificate->status(end - 24h * 50).state, "good");
  EXPECT_THAT(certificate->status(end - 24h * 50).detail,
              HasSubstr("good until " + base::to_rfc3339(end).substr(0, 10)));
  EXPECT_EQ(certificate->status(end - 24h * 13).state, "warning");
  EXPECT_EQ(certificate->status(end + 1s).state, "bad");
  EXPECT_THAT(certificate->status(end + 1s).detail, HasSubstr("expired"));
}

TEST(ServerCertificateFiles, MustBeGoodAtTheStart) {
  EXPECT_FALSE(ServerCertificate::load({.certificate = "/nowhere/c.pem", .key = "/nowhere/k.pem"},
                                       std::nullopt));
}

class LanCertificates : public testing::Test {
 protected:
  net::Certificate present() const {
    const auto context = net::TlsContext::for_server(lan.files());
    EXPECT_TRUE(context) << context.error().message;
    return (*context)->certificate();
  }

  base::TestDirectory directory;
  const LanCertificate lan{directory / "tls"};
  const MachineNames machine{{"plant", "localhost"}, {"127.0.0.1", "192.0.2.7"}};
  const UtcTime now = base::utc_now();
};

TEST_F(LanCertificates, AreMadeOnceForAllNamesOfTheMachine) {
  EXPECT_EQ(lan.refresh(machine, now), true);
  const net::Certificate first = present();
  EXPECT_THAT(first.names, testing::ElementsAre("plant", "localhost", "127.0.0.1", "192.0.2.7"));
  EXPECT_GE(first.not_after, now + LanCertificate::kLifetime - 1s);
  EXPECT_EQ(lan.refresh(machine, now), false);
  EXPECT_EQ(present().fingerprint, first.fingerprint);
}

TEST_F(LanCertificates, AreForTheOwnerOnly) {
  ASSERT_TRUE(lan.refresh(machine, now));
  const auto mode = [](const std::string& path) {
    return std::filesystem::status(path).permissions() & std::filesystem::perms::all;
  };
  EXPECT_EQ(mode(lan.files().key), std::filesystem::perms(0600));
  EXPECT_EQ(mode(directory / "tls"), std::filesystem::perms(0700));
}

TEST_F(LanCertificates, AreMadeAnewForAnotherAddress) {
  ASSERT_TRUE(lan.refresh(machine, now));
  MachineNames moved = machine;
  moved.addresses.back() = "192.0.2.8";
  EXPECT_EQ(lan.refresh(moved, now), true);
  EXPECT_TRUE(present().good_for("192.0.2.8"));
}

TEST_F(LanCertificates, AreMadeAnewBeforeTheyExpire) {
  ASSERT_TRUE(lan.refresh(machine, now));
  const UtcTime late = present().not_after - LanCertificate::kRenewBefore + 1s;
  EXPECT_EQ(lan.renew_in_time(late - 1h), false);
  EXPECT_EQ(lan.renew_in_time(late), true);
  EXPECT_GT(present().not_after, late + LanCertificate::kLifetime - 1h);
  EXPECT_THAT(present().names,
              testing::ElementsAre("plant", "localhost", "127.0.0.1", "192.0.2.7"));
}

TEST_F(LanCertificates, AreMadeAnewWhenTheyAreBroken) {
  ASSERT_TRUE(lan.refresh(machine, now));
  std::ofstream(lan.files().key) << "half";
  EXPECT_EQ(lan.refresh(machine, now), true);
  EXPECT_TRUE(present().good_for("plant"));
}

TEST_F(LanCertificates, AreRenewedAndShownWhileTheServerRuns) {
  ASSERT_TRUE(lan.refresh(machine, now));
  auto loaded = ServerCertificate::load(lan.files(), LanCertificate(directory / "tls"));
  ASSERT_TRUE(loaded);
  const UtcTime late = present().not_after - 24h;
  for (int i = 0; i < 3; ++i)
    (*loaded)->check(late);
  EXPECT_GT((*loaded)->context()->certificate().not_after, late + 24h * 300);
}

TEST(Machine, KnowsItsOwnNames) {
  const MachineNames machine = read_machine_names();
  EXPECT_THAT(machine.names, testing::Contains("localhost"));
  EXPECT_THAT(machine.addresses, testing::Contains("127.0.0.1"));
  EXPECT_TRUE(net::TestCertificate(machine.names).context());
  EXPECT_FALSE(reachable_address().empty());
}

}  // namespace
}  // namespace tagwerk::app
