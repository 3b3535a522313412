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

# tagwerk_unite(TARGET)
#
# With TAGWERK_UNITY, several sources of TARGET are one for the compiler, which then reads their headers once. Names in the
# anonymous namespaces of a folder must differ; one that two sources need has a header.
function(tagwerk_unite target)
  if(TAGWERK_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${TAGWERK_UNITY})
  endif()
endfunction()

# tagwerk_report_branches(TARGET)
#
# TARGET tells libFuzzer which branches were taken, and in a build for fuzzing alone what was compared with what.
function(tagwerk_report_branches target)
  set(what inline-8bit-counters,pc-table)
  if(NOT TAGWERK_TESTS)
    string(APPEND what ,indirect-calls,trace-cmp)
  endif()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize-coverage=${what}>)
endfunction()

# tagwerk_add_test(PROGRAM LABEL)
#
# One process runs all tests of a program and leaves what became of each in test-results/PROGRAM.xml.
function(tagwerk_add_test program label)
  add_test(NAME ${program} COMMAND ${program} --gtest_output=xml:${CMAKE_BINARY_DIR}/test-results/${program}.xml)
  set_tests_properties(${program} PROPERTIES LABELS ${label})
endfunction()

# tagwerk_folder(NAME [FUZZED] [DEPENDS folder...] [LIBS library...])
#
# Makes the static library tagwerk_NAME from every source of the current folder, and the test program NAME_test
# from every *_test.cpp beside them; each *_bench.cpp is a program of its own. DEPENDS names folders of lower floors; LIBS
# names outside libraries.
# FUZZED: it reads bytes of strangers, and fuzz targets want to know its branches.
# Folders below another (protocol/modbus) are named with an underscore (protocol_modbus).
function(tagwerk_folder name)
  cmake_parse_arguments(arg "FUZZED" "" "DEPENDS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.c *.S)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cpp)
  file(GLOB benches CONFIGURE_DEPENDS *_bench.cpp)
  file(GLOB c_sources CONFIGURE_DEPENDS *.c)
  set_source_files_properties(${c_sources} PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON)
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
    tagwerk_unite(tagwerk_${name})
    if(TAGWERK_FUZZ AND arg_FUZZED)
      tagwerk_report_branches(tagwerk_${name})
    endif()
  endif()

  if(TAGWERK_TESTS AND tests AND (NOT TAGWERK_TEST_FOLDERS OR name IN_LIST TAGWERK_TEST_FOLDERS))
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE tagwerk_${name} GTest::gtest GTest::gmock GTest::gtest_main rapidcheck)
    # rapidcheck's headers are not written for -Wshadow.
    target_compile_options(${name}_test PRIVATE -Wno-shadow)
    tagwerk_precompile(${name}_test tests)
    tagwerk_unite(${name}_test)
    add_dependencies(unit_tests ${name}_test)
    tagwerk_add_test(${name}_test unit)
  endif()
  # Google Benchmarks for work on one part; no other target builds them.
  if(benchmark_FOUND)
    foreach(source ${benches})
      get_filename_component(bench ${source} NAME_WE)
      add_executable(${bench} EXCLUDE_FROM_ALL ${source})
      target_link_libraries(${bench} PRIVATE tagwerk_${name} benchmark::benchmark)
    endforeach()
  endif()
endfunction()
