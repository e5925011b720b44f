#pragma once
/* smb_text: names out of SMB's messages. Pure, any thread. Texts are bounded, without NUL; *cut is set where there was
 * more. */
#include <stddef.h>
#include <stdint.h>

/* Appends a name of n_bytes to text (n of cap bytes are there) as UTF-8, with '/' for '\\'; returns how many are there
 * then. is_utf16: little endian (what is no character becomes U+FFFD), otherwise bytes as they are. Ends at a NUL. */
size_t vg_smb_text_add(char *text, size_t n, size_t cap, const uint8_t *name, size_t n_bytes, int is_utf16, int *cut);
/* "DOMAIN;user" of an NTLMSSP AUTHENTICATE message somewhere in a security token (MS-NLMP 2.2.1.3); 0 where there is
 * none, or an anonymous one. */
size_t vg_smb_text_user(char *text, size_t cap, const uint8_t *token, size_t n_token, int *cut);
