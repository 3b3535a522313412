#pragma once

#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/directory_for_test.hpp"
#include "net/certificate.hpp"
#include "net/tls_context.hpp"

namespace tagwerk::net {

/// A certificate and its key in files of their own.
class TestCertificate {
 public:
  explicit TestCertificate(const std::vector<std::string>& names = {"localhost", "127.0.0.1"},
                           Duration lifetime = std::chrono::hours(1)) {
    write(names, lifetime);
  }

  /// Replaces both files.
  void write(const std::vector<std::string>& names,
             Duration lifetime = std::chrono::hours(1)) const {
    const auto made = make_self_signed(names, base::utc_now() - std::chrono::hours(2),
                                       lifetime + std::chrono::hours(2));
    ASSERT_TRUE(made) << made.error().message;
    write_file("certificate.pem", made->certificate);
    write_file("key.pem", made->key);
  }
  void write_file(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
  }

  TlsFiles files() const { return {.certificate = certificate(), .key = directory_ / "key.pem"}; }
  std::string certificate() const { return directory_ / "certificate.pem"; }
  TlsTrust trust() const { return {.ca_file = certificate()}; }
  std::shared_ptr<const TlsContext> context() const {
    auto made = TlsContext::for_server(files());
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }

 private:
  base::TestDirectory directory_;
};

}  // namespace tagwerk::net
