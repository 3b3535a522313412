    .section .rodata
    .global tagwerk_demo_project
    .global tagwerk_demo_project_end
tagwerk_demo_project:
    .incbin "examples/pump-station/project.yaml"
tagwerk_demo_project_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
