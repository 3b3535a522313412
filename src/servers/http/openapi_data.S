// The OpenAPI document as bytes of the program.
    .section .rodata
    .global tagwerk_openapi_begin
    .global tagwerk_openapi_end
tagwerk_openapi_begin:
    .incbin "openapi.yaml"
tagwerk_openapi_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
