#pragma once

#include <gtest/gtest.h>

#include "model/catalogue_for_test.hpp"
#include "model/project_file.hpp"

namespace tagwerk::model {

/// What a text in YAML says; a test fails when it is not accepted.
inline Project project_of(const std::string& yaml) {
  auto check = check_project({{"p.yaml", yaml}}, {}, FieldCatalogue{});
  EXPECT_TRUE(check.ok()) << check.errors[0].to_string();
  return std::move(check.project);
}

}  // namespace tagwerk::model
