#include <tagwerk/table.h>

/* The public header is plain C, and its structs are what programs were compiled for. */
_Static_assert(sizeof(tagwerk_table_handle) == 24, "ABI 1");
_Static_assert(offsetof(tagwerk_table_value, as_bits) == 32, "ABI 1");
_Static_assert(sizeof(void*) != 8 || sizeof(tagwerk_table_value) == 56, "ABI 1");
_Static_assert(sizeof(void*) != 8 || sizeof(tagwerk_table_tag) == 48, "ABI 1");
_Static_assert(sizeof(tagwerk_table_information) == 168, "ABI 1");
_Static_assert(sizeof(tagwerk_table_options) == 32, "ABI 2");
_Static_assert(offsetof(tagwerk_table_options, sysv_key) == 24, "what ABI 1 had comes first");
_Static_assert(sizeof(void*) != 8 || sizeof(tagwerk_table_definition) == 32, "ABI 1");

typedef int tagwerk_table_header_is_plain_c;
