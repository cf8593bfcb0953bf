# frozen_string_literal: true

require "openssl"

# A certificate authority of our own, and what it signs.
class Certificates
  Pair = Struct.new(:certificate, :key)

  def initialize
    @serial = 0
    @authority = make("gbn-ca", nil, "basicConstraints" => "critical,CA:TRUE")
  end

  # String: the authority's certificate, for those who are to trust it
  def pem
    @authority.certificate.to_pem
  end

  # Pair for that name, with the addresses it is valid for ("DNS:localhost,IP:127.0.0.1").
  def issue(name, addresses = nil)
    make(name, @authority, { "subjectAltName" => addresses }.compact)
  end

  private

  def make(name, issuer, extensions)
    key = OpenSSL::PKey::RSA.new(2048)
    certificate = blank(name, key)
    certificate.issuer = issuer ? issuer.certificate.subject : certificate.subject
    factory = OpenSSL::X509::ExtensionFactory.new(issuer&.certificate || certificate, certificate)
    extensions.each { |extension, value| certificate.add_extension(factory.create_ext(extension, *valued(value))) }
    certificate.sign((issuer || Pair.new(nil, key)).key, OpenSSL::Digest.new("SHA256"))
    Pair.new(certificate, key)
  end

  def valued(value)
    value.start_with?("critical,") ? [value.delete_prefix("critical,"), true] : [value]
  end

  def blank(name, key)
    OpenSSL::X509::Certificate.new.tap do |certificate|
      certificate.version = 2
      certificate.serial = (@serial += 1)
      certificate.subject = OpenSSL::X509::Name.parse("/CN=#{name}")
      certificate.public_key = key.public_key
      certificate.not_before = Time.now - 3600
      certificate.not_after = Time.now + 3600
    end
  end
end
