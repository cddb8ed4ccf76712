using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

public class DownloadTests : IDisposable
{
    readonly byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)CounterHash.Bits(1, 2, (ulong)i))];
    readonly LocalServer server = new();
    readonly TemporaryFolder folder = new();
    readonly HttpClient client = new();

    string Final => Path.Combine(folder.Path, "set", "file.bin");

    string Part => Final + ".part";

    [Fact]
    public async Task A_file_arrives_with_progress_and_is_not_fetched_again()
    {
        server.Answer = request => new(content);
        List<long> progress = [];
        Assert.Equal(Path.GetDirectoryName(Final), await Get(Set(), p => progress.Add(p.Received)));
        Assert.Equal(content, File.ReadAllBytes(Final));
        Assert.False(File.Exists(Part));
        Assert.Equal(content.Length, progress[^1]);
        Assert.Equal(progress.Order(), progress);
        await Get(Set());
        Assert.Single(server.Ranges);
    }

    [Fact]
    public async Task A_broken_download_is_resumed_by_range()
    {
        server.Answer = request => new(content, BreakAfter: 100_000);
        IOException e = await Assert.ThrowsAnyAsync<IOException>(() => Get(Set()));
        Assert.Contains("of 300000 bytes", e.Message);
        long have = new FileInfo(Part).Length;
        Assert.InRange(have, 1, 100_000);
        Assert.False(File.Exists(Final));

        server.Answer = request => new(content);
        await Get(Set());
        Assert.Equal([null, have], server.Ranges);
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Fact]
    public async Task A_server_without_ranges_starts_anew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, new byte[1000]);
        server.Answer = request => new(content, Ranges: false);
        await Get(Set());
        Assert.Equal([1000], server.Ranges);
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Theory, InlineData(300_000), InlineData(300_001)]
    public async Task A_part_that_is_too_long_or_wrong_is_deleted(int length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, new byte[length]);
        server.Answer = request => new(content);
        if (length == content.Length) await Assert.ThrowsAsync<InvalidDataException>(() => Get(Set()));
        await Get(Set());
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Fact]
    public async Task Corrupt_content_is_refused_and_deleted()
    {
        byte[] corrupt = [.. content];
        corrupt[777] ^= 1;
        server.Answer = request => new(corrupt);
        InvalidDataException e = await Assert.ThrowsAsync<InvalidDataException>(() => Get(Set()));
        Assert.Contains($"expected {Hash(content)}, got {Hash(corrupt)}", e.Message);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Final)!));
    }

    [Fact]
    public async Task Content_that_is_too_long_is_refused()
    {
        server.Answer = request => new([.. content, 1]);
        await Assert.ThrowsAsync<InvalidDataException>(() => Get(Set()));
        Assert.False(File.Exists(Final));
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        server.Answer = request => new([], Status: 404);
        HttpRequestException e = await Assert.ThrowsAsync<HttpRequestException>(() => Get(Set()));
        Assert.Contains("/file.bin: the server answers 404 NotFound", e.Message);
    }

    [Fact]
    public async Task A_range_that_the_server_refuses_starts_anew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, new byte[1000]);
        server.Answer = request => request.Headers["Range"] is null ? new(content) : new([], Status: 416);
        await Get(Set());
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Fact]
    public async Task A_damaged_file_in_the_cache_is_replaced()
    {
        server.Answer = request => new(content);
        await Get(Set());
        File.WriteAllBytes(Final, content[..^1]);
        await Get(Set());
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Fact]
    public async Task Cancellation_keeps_the_part()
    {
        using var cancel = new CancellationTokenSource();
        server.Answer = request => new(content);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new Download(client, folder.Path).GetAsync(Set(), _ => cancel.Cancel(), cancel.Token));
        Assert.True(new FileInfo(Part).Length > 0);
    }

    [Fact]
    public async Task An_entry_of_an_archive_is_unpacked()
    {
        byte[] archive = Zip("inner.txt", content);
        server.Answer = request => new(archive);
        await Get(Set(archive, new("inner.txt", Hash(content))));
        Assert.Equal(content, File.ReadAllBytes(Final));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(Final)!));
        await Get(Set(archive, new("inner.txt", Hash(content))));
        Assert.Single(server.Ranges);
    }

    [Fact]
    public void Every_data_set_is_pinned()
    {
        Assert.Equal(["mnist", "tinyshakespeare", "eng-fra"], DataSets.All.Select(s => s.Name));
        Assert.All(DataSets.All.SelectMany(s => s.Files), f =>
        {
            Assert.Equal("https", f.Address.Scheme);
            Assert.Matches("/[0-9a-f]{40}/", f.Address.AbsolutePath);
            Assert.Matches("^[0-9a-f]{64}$", f.Sha256);
        });
        Assert.Contains("mnist, tinyshakespeare, eng-fra", Assert.Throws<ArgumentException>(() => DataSets.Find("imagenet")).Message);
    }

    [Theory]
    [InlineData("mnist", "t10k-images-idx3-ubyte.gz", "mnist", "t10k-images-idx3-ubyte.gz")]
    [InlineData("mnist", "train-labels-idx1-ubyte.gz", "mnist", "train-labels-idx1-ubyte.gz")]
    [InlineData("tinyshakespeare", "input.txt", "tinyshakespeare", "input.txt")]
    public void The_pinned_hashes_are_those_of_the_shared_files(string set, string name, string folderName, string fileName)
    {
        byte[] shared = File.ReadAllBytes(TestData.Path(folderName, fileName));
        DataFile file = DataSets.Find(set).Files.Single(f => f.Name == name);
        Assert.Equal((file.Bytes, file.Sha256), (shared.Length, Hash(shared)));
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
        folder.Dispose();
    }

    Task<string> Get(DataSet set, Action<DownloadProgress>? progress = null) =>
        new Download(client, folder.Path).GetAsync(set, progress, TestContext.Current.CancellationToken);

    DataSet Set(byte[]? served = null, ArchiveEntry? entry = null) =>
        new("set", "", "", [new("file.bin", new(server.Address, "file.bin"), (served ?? content).Length, Hash(served ?? content), entry)]);

    static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    static byte[] Zip(string name, byte[] content)
    {
        using var result = new MemoryStream();
        using (var zip = new ZipArchive(result, ZipArchiveMode.Create))
        using (Stream entry = zip.CreateEntry(name).Open()) entry.Write(content);
        return result.ToArray();
    }

    /// <summary>What the server sends: all of it, or the part that a Range asks for, or that up to where the connection breaks.</summary>
    sealed record Reply(byte[] Content, bool Ranges = true, int Status = 200, int? BreakAfter = null);

    /// <summary>A web server on a free port of this machine alone.</summary>
    sealed class LocalServer : IDisposable
    {
        readonly HttpListener listener = new();

        public LocalServer()
        {
            using (var socket = new TcpListener(IPAddress.Loopback, 0))
            {
                socket.Start();
                Address = new($"http://127.0.0.1:{((IPEndPoint)socket.LocalEndpoint).Port}/");
            }

            listener.Prefixes.Add(Address.ToString());
            listener.Start();
            _ = ServeAsync();
        }

        public Uri Address { get; }

        public Func<HttpListenerRequest, Reply> Answer { get; set; } = _ => new([], Status: 500);

        /// <summary>Where each request asked to begin.</summary>
        public List<long?> Ranges { get; } = [];

        public void Dispose() => listener.Close();

        async Task ServeAsync()
        {
            while (listener.IsListening)
            {
                HttpListenerContext context;
                try { context = await listener.GetContextAsync(); }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException) { return; }
                try { await SendAsync(context); }
                catch (HttpListenerException) { context.Response.Abort(); } // the client has gone
            }
        }

        async Task SendAsync(HttpListenerContext context)
        {
            Reply reply = Answer(context.Request);
            long? from = context.Request.Headers["Range"] is { } range ? long.Parse(range["bytes=".Length..^1]) : null;
            Ranges.Add(from);
            bool partial = reply.Ranges && from is not null && reply.Status == 200;
            byte[] body = partial ? reply.Content[(int)from!.Value..] : reply.Content;
            HttpListenerResponse response = context.Response;
            response.StatusCode = partial ? 206 : reply.Status;
            if (partial) response.Headers["Content-Range"] = $"bytes {from}-{reply.Content.Length - 1}/{reply.Content.Length}";
            response.ContentLength64 = body.Length;
            await response.OutputStream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, reply.BreakAfter ?? body.Length)));
            if (reply.BreakAfter is not null)
            {
                await Task.Delay(200);
                response.Abort();
            }
            else
            {
                response.Close();
            }
        }
    }
}
