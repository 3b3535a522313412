# Language, warnings, sanitizers and the places where build products go.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(TAGWERK_UNITY 0 CACHE STRING "Sources of a folder that are compiled together; 0 = each by itself")
option(TAGWERK_PRECOMPILED "Precompile the standard and test headers: faster, but hides a forgotten include" OFF)

# g++ 12 sees overlaps in std::string concatenation that are not there (GCC bug 105651), and with precompiled headers, where it
# forgets which of them are the system's, overflows (105329). The debug preset does without them and keeps these warnings.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(not_warned -Wno-restrict)
  if(TAGWERK_PRECOMPILED)
    list(APPEND not_warned -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-maybe-uninitialized)
  endif()
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:${not_warned}>")
endif()

option(TAGWERK_TESTS "Build the unit tests" ON)
set(TAGWERK_TEST_FOLDERS "" CACHE STRING "Build only these folders' unit tests; empty = all")
option(TAGWERK_FUZZ "Build the fuzz targets (needs clang)" OFF)
option(TAGWERK_WEB "Embed the web interface (needs node and npm)" ON)
set(TAGWERK_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
option(TAGWERK_COVERAGE "Instrument for gcovr" OFF)

# clang warns of other things than g++, which builds the product: what it thinks is clang-tidy's to say.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-w)
  find_program(LLD_PROGRAM ld.lld-22)
  if(LLD_PROGRAM)
    add_link_options(-fuse-ld=lld)
  endif()
else()
  add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Werror -Wno-missing-field-initializers
                      "$<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor;-Wold-style-cast>")
endif()

if(TAGWERK_SANITIZE)
  add_compile_options(-fsanitize=${TAGWERK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TAGWERK_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/cmake/sanitizer_ignore.txt)
  endif()
endif()
if(TAGWERK_SANITIZE STREQUAL "thread")
  # ThreadSanitizer does not understand fences; Asio's are beside the locks that it does understand.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(TAGWERK_COVERAGE)
  # Threads count at the same time; counters that lost one would even become negative.
  add_compile_options(--coverage -O0 -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Without this sloppiness ccache keeps nothing that was compiled with a precompiled header.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
if(TAGWERK_TESTS)
  enable_testing()
  # Every NAME_test and nothing else: what the sanitizer and coverage builds make.
  add_custom_target(unit_tests)
  find_package(GTest REQUIRED)
  find_package(benchmark QUIET)
endif()
