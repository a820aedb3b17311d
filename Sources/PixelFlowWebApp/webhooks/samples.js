/**
 * Verification without a library, by the rules of Standard Webhooks: each takes the secret, the headers with names in lower case (Go: as
 * they are), and the body as it was sent, and fails unless the signature is valid and at most five minutes old.
 */
export const samples = {
    JavaScript: `import { createHmac, timingSafeEqual } from "node:crypto";

function verify(secret, headers, body) {
    const id = headers["webhook-id"], time = headers["webhook-timestamp"];
    if (!(Math.abs(Date.now() / 1000 - Number(time)) <= 300)) throw new Error("too old or too new");
    const key = Buffer.from(secret.replace("whsec_", ""), "base64");
    const hash = createHmac("sha256", key).update(id + "." + time + ".").update(body).digest("base64");
    const expected = Buffer.from("v1," + hash);
    const isRight = headers["webhook-signature"].split(" ").some((one) => {
        const given = Buffer.from(one);
        return given.length === expected.length && timingSafeEqual(given, expected);
    });
    if (!isRight) throw new Error("wrong signature");
    return JSON.parse(body);
}`,
    Python: `import base64, hashlib, hmac, json, time

def verify(secret, headers, body):
    id, sent = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(sent)) > 300:
        raise ValueError("too old or too new")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id}.{sent}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    given = headers["webhook-signature"].encode().split()
    if not any(hmac.compare_digest(one, expected) for one in given):
        raise ValueError("wrong signature")
    return json.loads(body)`,
    Go: `func Verify(secret string, header http.Header, body []byte) error {
	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return errors.New("too old or too new")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + sent + "."))
	mac.Write(body)
	expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for _, one := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(one), expected) {
			return nil
		}
	}
	return errors.New("wrong signature")
}`,
    Ruby: `require "json"
require "openssl"

def verify(secret, headers, body)
  id, sent = headers.fetch("webhook-id"), headers.fetch("webhook-timestamp")
  raise "too old or too new" if (Time.now.to_i - Integer(sent, 10)).abs > 300
  key = secret.delete_prefix("whsec_").unpack1("m")
  hash = OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{sent}.#{body}")
  expected = "v1," + [hash].pack("m0")
  given = headers.fetch("webhook-signature").split
  raise "wrong signature" unless given.any? { |one| OpenSSL.secure_compare(one, expected) }
  JSON.parse(body)
end`,
    PHP: `function verify(string $secret, array $headers, string $body): array
{
    $id = $headers['webhook-id'];
    $sent = $headers['webhook-timestamp'];
    if (abs(time() - (int) $sent) > 300) {
        throw new Exception('too old or too new');
    }
    $key = base64_decode(substr($secret, strlen('whsec_')));
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sent.$body", $key, true));
    foreach (explode(' ', $headers['webhook-signature']) as $one) {
        if (hash_equals($expected, $one)) {
            return json_decode($body, true, 512, JSON_THROW_ON_ERROR);
        }
    }
    throw new Exception('wrong signature');
}`,
};
