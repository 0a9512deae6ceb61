"""A provider of OpenID Connect, made of Authlib's server side: run as a process of its own, `python provider.py`.

It prints its port. Whoever comes to the authorization endpoint with `login_as` is that person, and agrees. `PUT
/people/{sub}` says what is known of them; `PUT /mischief` makes it lie in its ID tokens, or change its key.
"""

import secrets
import sys
import threading
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from flask import Flask, jsonify, request
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "the-shop", "the-secret-of-the-shop"
people, codes, tokens, mischief = {}, {}, {}, {}
keys = [RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})]
issuer = ""


class Client(ClientMixin):
    id_token_signed_response_alg = "RS256"

    def get_client_id(self):
        return CLIENT_ID

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri.startswith("https://shop.example/")

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(client_secret, CLIENT_SECRET)

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_post", "client_secret_basic")

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


class Code(AuthorizationCodeMixin):
    def __init__(self, code, payload, user):
        self.code, self.user, self.scope = code, user, payload.scope
        self.redirect_uri = payload.redirect_uri
        self.nonce = payload.data.get("nonce")
        self.code_challenge = payload.data.get("code_challenge")
        self.code_challenge_method = payload.data.get("code_challenge_method")
        self.until = time.time() + mischief.get("code_seconds", 60)

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return mischief.get("nonce", self.nonce)

    def get_auth_time(self):
        return int(time.time())

    def get_acr(self):
        return None

    def get_amr(self):
        return None


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post", "client_secret_basic")

    def save_authorization_code(self, code, request):
        codes[code] = Code(code, request.payload, request.user)

    def query_authorization_code(self, code, client):
        found = codes.get(code)
        return found if found is not None and found.until > time.time() else None

    def delete_authorization_code(self, authorization_code):
        del codes[authorization_code.code]

    def authenticate_user(self, authorization_code):
        return authorization_code.user


class IdTokens(OpenIDCode):
    def exists_nonce(self, nonce, request):
        return any(code.nonce == nonce for code in codes.values())

    def resolve_client_private_key(self, client):
        return mischief.get("key", keys[-1])

    def get_client_claims(self, client):
        now = int(time.time()) + mischief.get("late", 0)
        return {
            "iss": mischief.get("iss", issuer),
            "aud": mischief.get("aud", CLIENT_ID),
            "iat": now,
            "exp": now + 300,
        }

    def get_encode_header(self, client):
        return {"alg": "RS256", "kid": keys[-1].kid}

    def generate_user_info(self, user, scope):
        return UserInfo(sub=user, **people.get(user, {}))


class Token(TokenMixin):
    def __init__(self, user, scope, seconds):
        self.user, self.scope, self.until = user, scope, time.time() + seconds

    def get_scope(self):
        return self.scope

    def is_expired(self):
        return self.until < time.time()

    def is_revoked(self):
        return False


class Tokens(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return tokens.get(token_string)


app = Flask(__name__)
server = AuthorizationServer()
server.init_app(
    app,
    query_client=lambda client_id: Client() if client_id == CLIENT_ID else None,
    save_token=lambda token, request: tokens.update(
        {token["access_token"]: Token(request.user, token.get("scope", ""), token["expires_in"])}
    ),
)
server.register_grant(CodeGrant, [IdTokens(require_nonce=True), CodeChallenge(required=True)])
protected = ResourceProtector()
protected.register_token_validator(Tokens())


@app.get("/.well-known/openid-configuration")
def discovery():
    return jsonify(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/authorize",
        token_endpoint=f"{issuer}/token",
        jwks_uri=f"{issuer}/jwks",
        userinfo_endpoint=f"{issuer}/userinfo",
    )


@app.get("/jwks")
def jwks():
    return jsonify(keys=[key.as_dict(private=False) for key in keys])


@app.get("/authorize")
def authorize():
    user = request.args["login_as"]
    return server.create_authorization_response(grant_user=user, grant=server.get_consent_grant(end_user=user))


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/userinfo")
@protected(None)
def userinfo():
    from authlib.integrations.flask_oauth2 import current_token

    told = {"sub": current_token.user, **people.get(current_token.user, {})}
    # As Naver does.
    return jsonify(resultcode="00", response=told) if mischief.get("nested") else jsonify(told)


@app.put("/people/<sub>")
def say_who(sub):
    people[sub] = request.get_json()
    return "", 204


@app.put("/mischief")
def change():
    asked = request.get_json()
    mischief.clear()
    if asked.pop("rotate", False):
        keys.append(RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"}))
        del keys[0]
    if asked.pop("forge", False):
        asked["key"] = RSAKey.generate_key(2048, {"kid": keys[-1].kid, "use": "sig"})
    mischief.update(asked)
    return "", 204


if __name__ == "__main__":
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    issuer = f"http://127.0.0.1:{listening.server_port}"
    sys.stdout.write(f"{listening.server_port}\n")
    sys.stdout.flush()
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    sys.stdin.read()  # until whoever started it is gone, however that came about
