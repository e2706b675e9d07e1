# The words of Homebrew that the formula uses: ruby tests/lib/formula.rb FORMULA install|test PREFIX
# The current folder is the sources, or for `test` an empty one.
require "pathname"

class Formula
  class << self
    attr_reader :test_block

    def facts
      @facts ||= {}
    end

    %w[desc homepage url sha256 license].each do |word|
      define_method(word) { |value = nil| value ? facts[word] = value : facts[word] }
    end

    def depends_on(_what)
    end

    def on_linux
      yield
    end

    def test(&block)
      @test_block = block
    end

    def [](_name)
      Struct.new(:opt_sbin).new(Pathname.new("/sbin"))
    end
  end

  def initialize(prefix)
    @prefix = Pathname.new(prefix)
  end
  attr_reader :prefix

  def bin = prefix / "bin"
  def lib = prefix / "lib"
  def include = prefix / "include"
  def testpath = Pathname.pwd
  def version = self.class.facts["url"][/-(\d[\d.]*\d)\.tar/, 1]

  def system(command, *args)
    command = "make" if command.to_s == "gmake"
    Kernel.system({ "LD_LIBRARY_PATH" => lib.to_s }, command.to_s, *args.map(&:to_s)) or
      abort "#{command} #{args.join(" ")}: failed"
  end

  def shell_output(command)
    out = IO.popen({ "LD_LIBRARY_PATH" => lib.to_s }, command, &:read)
    $?.success? or abort "#{command}: failed"
    out
  end

  def assert_match(want, got)
    got.include?(want) or abort "#{want} is not in: #{got}"
  end

  def run_test
    instance_eval(&self.class.test_block)
  end
end

def ENV.cc = "cc"

load ARGV[0]
formula = Object.const_get(File.basename(ARGV[0], ".rb").capitalize)
case ARGV[1]
when "install" then formula.new(ARGV[2]).install
when "test" then formula.new(ARGV[2]).run_test
else abort "install or test?"
end
