// SPDX-License-Identifier: Apache-2.0
/*
 * A CA, a certificate (both 2020 to 2120), its key, that key with the password "secret", and the key
 * of nothing. Made once with openssl(1); they protect nothing.
 */
#pragma once

#define PEM_BEGIN 1577836800 /* 2020-01-01 */
#define PEM_END 4733510400   /* 2120-01-01 */

#define PEM_CA                                                                                     \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBAjCBqgIBATAKBggqhkjOPQQDAjANMQswCQYDVQQDDAJjYTAgFw0yMDAxMDEw\n"                       \
	"MDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowDTELMAkGA1UEAwwCY2EwWTATBgcqhkjO\n"                       \
	"PQIBBggqhkjOPQMBBwNCAAR1O/LVRcYycarKMjBZT/Dz1vJ7qneVED3dLTyNPslO\n"                       \
	"lwBPBx9mZ1yEnRWmdLsn2OYD4qpl4A4/cFmAoUvZJEVxMAoGCCqGSM49BAMCA0cA\n"                       \
	"MEQCIG010+Ipx2ITEbSHprRFwGABaM8VKq8n0i+IX8WXCHk3AiBvefc0/3DOdTcm\n"                       \
	"zTTYOud1dWb+74b3XTcx9ozCpvLyOQ==\n"                                                       \
	"-----END CERTIFICATE-----\n"

#define PEM_CERT                                                                                   \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBCDCBrgIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARob3N0MCAXDTIwMDEw\n"                       \
	"MTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAPMQ0wCwYDVQQDDARob3N0MFkwEwYH\n"                       \
	"KoZIzj0CAQYIKoZIzj0DAQcDQgAEC2Jxe2TwiHFrUAyjzeYlOODH2x+rxJji3JQv\n"                       \
	"PioyECReJwjk4SQbHjfjMF6tN+ImMP7ik1ExWIEArfB5DwKFIzAKBggqhkjOPQQD\n"                       \
	"AgNJADBGAiEAkNEkzYG+UZZBDU9k3Y0/ON4534yBvVeEwP61kok84EoCIQD0HHrL\n"                       \
	"Fk1PlwFGB6jorTR5RcqoluZW6lfZqsoNNjXXgg==\n"                                               \
	"-----END CERTIFICATE-----\n"

#define PEM_KEY                                                                                    \
	"-----BEGIN EC PRIVATE KEY-----\n"                                                         \
	"MHcCAQEEIPANW3SBvs+Orj8/3wtAM0BpLPx0Ynu/QVaCkRyY/wUwoAoGCCqGSM49\n"                       \
	"AwEHoUQDQgAEC2Jxe2TwiHFrUAyjzeYlOODH2x+rxJji3JQvPioyECReJwjk4SQb\n"                       \
	"HjfjMF6tN+ImMP7ik1ExWIEArfB5DwKFIw==\n"                                                   \
	"-----END EC PRIVATE KEY-----\n"

#define PEM_LOCKED_KEY                                                                             \
	"-----BEGIN EC PRIVATE KEY-----\n"                                                         \
	"Proc-Type: 4,ENCRYPTED\n"                                                                 \
	"DEK-Info: AES-128-CBC,3B17E82CF4A0A7CB19E119FDBCAA524A\n"                                 \
	"\n"                                                                                       \
	"OCI3FPwN1RC832OSEDRc50KjlkWo1emRNRipVqlkqvODeXVOgMIXRWKjqCI4mdQ4\n"                       \
	"lgL2vAan7VKRCgrdPrvS2FC1pdak4huIKp7vCFhGgs9rZ9pbksIlFYtn+3tk1YDx\n"                       \
	"jcaYlLAi0b/TSMKOEBrRgEFEKTkGdSnhUSEXa0voNeI=\n"                                           \
	"-----END EC PRIVATE KEY-----\n"

#define PEM_OTHER_KEY                                                                              \
	"-----BEGIN EC PRIVATE KEY-----\n"                                                         \
	"MHcCAQEEIGsNzqU58kFcpphKAIMBPwwT4yKpjiDiVvIHUNujaCvmoAoGCCqGSM49\n"                       \
	"AwEHoUQDQgAEEDanwBsKCHBr2XmdW3SJMbh+261kD38HsOyK1WDBvGoEfj8r5937\n"                       \
	"kn+sa0PMLQNyQKUK4Hyc85Bklv+FoxnOCg==\n"                                                   \
	"-----END EC PRIVATE KEY-----\n"
