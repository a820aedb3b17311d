/// A front-proxy authority and client certificate with the key type and extensions that kubeadm uses: RSA, critical key usage.
/// Created for these tests; the private keys were discarded.
enum KubeadmCertificates {
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIDQDCCAiigAwIBAgIUFMuipCiLBxJmcE54170ixsqlDMYwDQYJKoZIhvcNAQEL
        BQAwGTEXMBUGA1UEAwwOZnJvbnQtcHJveHktY2EwIBcNMjYxMTIzMTczNzU1WhgP
        MjEyNjEwMzAxNzM3NTVaMBkxFzAVBgNVBAMMDmZyb250LXByb3h5LWNhMIIBIjAN
        BgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtipTWDfALpVKKVXLetdcsYNbBILm
        vaXi9CXerg8b1Pqz2ZRa/+e0Q3ZGWR0/RDFsOfLl3276J8YUVBMkfU6YS8SP5uQo
        xmc5U5Ne/ospiKINcgQdXSVPvjLmjeQvOulbjcKl1p5L1cK4bL3gjoCyVjKs0fm2
        jXkUTgqBKS9JLZM1qLD+pITWYJB8F/hKOnLbYSiHujIcmCEzv3nTQ7UcmuTWnnho
        hlgo/+8iTquebHcGryn5uHvEjzLPgVDiI6MYqWRQGeGRZsqYlxBNCvsy06Vj2T+x
        1nrkQZzgdqtkTXdeydGlvML/cUWe6LkFCMJ9zZhN2WLMoyqm6V24AE2lGQIDAQAB
        o34wfDAdBgNVHQ4EFgQU8crJxqinWhLhpj+E+RSVQX9oavQwHwYDVR0jBBgwFoAU
        8crJxqinWhLhpj+E+RSVQX9oavQwDgYDVR0PAQH/BAQDAgKkMA8GA1UdEwEB/wQF
        MAMBAf8wGQYDVR0RBBIwEIIOZnJvbnQtcHJveHktY2EwDQYJKoZIhvcNAQELBQAD
        ggEBAGoIgzfOznsCFc6E6SI7sggm1IGVtNEKS2RM2yCZJWTbLjznGLwIFhpXuL2e
        bE8Czzew+Nf61Tbrroxys5YiM8g503OCxnAfm0TS8O9xP+SSqure19eHutJZYGjR
        Rs3aR+rD6qJlRFNJ7gVy+dK8xpDZRlzsC2ULs+rsBw5nMz1rE0GqqBaRJ3AWAqy/
        zm28SLC89i7S1ZvRtGf9PTmgySgz3rDwXsJvYXsc36z1Uy/ahnsvqy2lv4OoFSHZ
        Rl2ERZaCDlKItpQc4CF2gl33ygLgjTcH3yD2XfMKSEvl3ZjXB39oaS1Y1TScbYZ2
        Jvn6ENCjk3L85fdW8tYxBEgdWFI=
        -----END CERTIFICATE-----
        """

    static let client = """
        -----BEGIN CERTIFICATE-----
        MIIDOzCCAiOgAwIBAgIUJp3bdl6UqmVBwVZPcP4bFFpmCVUwDQYJKoZIhvcNAQEL
        BQAwGTEXMBUGA1UEAwwOZnJvbnQtcHJveHktY2EwIBcNMjYxMTIzMTczODAwWhgP
        MjEyNjEwMzAxNzM4MDBaMB0xGzAZBgNVBAMMEmZyb250LXByb3h5LWNsaWVudDCC
        ASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAMpXQQVL4O9OYCK/aOMDm29O
        AE99lq8TP9AGUlJDe2xIrdUIYGg967O0+5yD3rGFu/Z0zjzruideMGqj+I0Le4a1
        l+zQ6xvjl+vAnZl50hhewGnA+5zBkGegFBNkMWOrDPGHzLj5KxFHswXevm+8O/Bg
        7Wy7+AxpyjU5NOnon/fhbTko2D8eF9oiI6p5+9MjTksvfZVCFlCFdxev0iGoUajZ
        90vo59AK9vkt2j0mgiUEQKxP6/SfwlRG3TyEMXPLtNR4v+Gv6JqT/54zGPPYoRTe
        zlH/SZtVPZMIZhpYn3ji/CMwYKg3ZVUMssf41n3gDFwZ7+vLG1hB7opUkr7RvNsC
        AwEAAaN1MHMwDgYDVR0PAQH/BAQDAgWgMBMGA1UdJQQMMAoGCCsGAQUFBwMCMAwG
        A1UdEwEB/wQCMAAwHwYDVR0jBBgwFoAU8crJxqinWhLhpj+E+RSVQX9oavQwHQYD
        VR0OBBYEFJG/Dxglw3Ibod9YlkFw/cr16cUZMA0GCSqGSIb3DQEBCwUAA4IBAQA0
        hikN/HuqZAVXvXFPPJnTFzb2ntYgxC0YC6gvzJC/jasW4jbeLzsWm4I4iLO9SPkD
        0NwTQMVx09lYHNXxfBSI9h/RQHdnsCnQkiQQ6EXBz0tqXS1vCspgq7jVdHQJ2B7S
        lG5szgECnCVkw3O1GHtEjIEP9W5W8nrGLMBz4wb2Wug/TZAtZNPiEz0u1zb80/1c
        714RA2vF4UT7/7NBxlXO5LB8KIjm5+2wAtVrL5bAPLbZL8HnjVwCAi7vFJJv/vIf
        lFuazVNLbtf6th8pSpNw9U4Oj80tM/h1NILFhIGo0nMnF0Lr9zwZns5SkxA0m/RM
        //7Mi4S+WPZyOQoA/G0f
        -----END CERTIFICATE-----
        """
}
