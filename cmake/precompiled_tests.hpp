#pragma once

// What nearly every unit test includes. See tagwerk_precompile in TagwerkFolder.cmake.
#include "precompiled_standard.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
