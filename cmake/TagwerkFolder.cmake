# tagwerk_precompile(TARGET standard|tests)
#
# With TAGWERK_PRECOMPILED, TARGET's C++ sources begin with one of two sets of headers, compiled once for all targets.
function(tagwerk_precompile target headers)
  if(NOT TAGWERK_PRECOMPILED)
    return()
  endif()
  set(holder tagwerk_precompiled_${headers})
  if(NOT TARGET ${holder})
    set(empty ${CMAKE_BINARY_DIR}/precompiled/${headers})
    file(WRITE ${empty}.cpp "")
    add_library(${holder} STATIC ${empty}.cpp)
    # g++ takes it only where these libraries' macros are the same.
    target_link_libraries(${holder} PRIVATE fmt::fmt spdlog::spdlog)
    if(headers STREQUAL "tests")
      target_link_libraries(${holder} PRIVATE GTest::gtest GTest::gmock rapidcheck)
      # As the programs are that use it; clang compares.
      set_target_properties(${holder} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${holder} PRIVATE -fPIE)
    endif()
    target_precompile_headers(${holder} PRIVATE
      "$<$<COMPILE_LANGUAGE:CXX>:${CMAKE_SOURCE_DIR}/cmake/precompiled_${headers}.hpp>")
  endif()
  target_precompile_headers(${target} REUSE_FROM ${holder})
endfunction()

# tagwerk_folder(NAME [DEPENDS folder...] [LIBS library...])
#
# Makes the static library tagwerk_NAME from every source of the current folder, and the test program NAME_test
# from every *_test.cpp beside them. DEPENDS names folders of lower floors; LIBS names outside libraries.
# Folders below another (protocol/modbus) are named with an underscore (protocol_modbus).
function(tagwerk_folder name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.c *.S)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cpp)
  file(GLOB benches CONFIGURE_DEPENDS *_bench.cpp)
  file(GLOB c_sources CONFIGURE_DEPENDS *.c)
  set_source_files_properties(${c_sources} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  list(REMOVE_ITEM sources ${tests} ${benches})
  list(TRANSFORM arg_DEPENDS PREPEND tagwerk_)

  if(sources)
    set(scope PUBLIC)
    add_library(tagwerk_${name} STATIC ${sources})
  else()
    set(scope INTERFACE)
    add_library(tagwerk_${name} INTERFACE)
  endif()
  target_include_directories(tagwerk_${name} ${scope} ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(tagwerk_${name} ${scope} ${arg_DEPENDS} ${arg_LIBS} Threads::Threads)
  if(sources)
    tagwerk_precompile(tagwerk_${name} standard)
  endif()

  if(TAGWERK_TESTS AND tests AND (NOT TAGWERK_TEST_FOLDERS OR name IN_LIST TAGWERK_TEST_FOLDERS))
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE tagwerk_${name} GTest::gtest GTest::gmock GTest::gtest_main rapidcheck)
    # rapidcheck's headers are not written for -Wshadow.
    target_compile_options(${name}_test PRIVATE -Wno-shadow)
    tagwerk_precompile(${name}_test tests)
    add_dependencies(unit_tests ${name}_test)
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit)
  endif()
endfunction()
